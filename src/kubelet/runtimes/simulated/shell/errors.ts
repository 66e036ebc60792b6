import { signalNumber } from '../signals.js';

/** The process was ended by a signal: unwinds everything that runs in it. */
export class Killed extends Error {
  constructor(readonly signalName: string) {
    super(`killed by ${signalName}`);
  }

  get code(): number {
    return 128 + signalNumber(this.signalName);
  }
}

/** A write to a pipe that nobody reads any more; ends a program quietly with 141, as SIGPIPE does. */
export class BrokenPipe extends Error {
  constructor() {
    super('Broken pipe');
  }
}

/** A failure that a program reports as `NAME: message` before it goes on or ends with `code`. */
export class CommandError extends Error {
  constructor(message: string, readonly code = 1) {
    super(message);
  }
}

/** A failed expansion or assignment: ends a non-interactive shell, an interactive one drops the command line. */
export class ShellError extends Error {
  constructor(message: string, readonly code = 1) {
    super(message);
  }
}

/** An assignment to a readonly variable. */
export class ReadOnlyVariable extends ShellError {
  constructor(readonly variable: string) {
    super(`${variable}: is read only`);
  }
}

/** The script's text is wrong. `incomplete` when more text could make it right. */
export class SyntaxFault extends Error {
  constructor(message: string, readonly incomplete: boolean, readonly line: number) {
    super(message);
  }
}

/** Control flow that leaves more than one construct. */
export class LoopExit {
  constructor(readonly kind: 'break' | 'continue', public levels: number) {}
}

export class FunctionReturn {
  constructor(readonly code: number) {}
}

export class ShellExit {
  constructor(readonly code: number) {}
}

/** Ctrl-C in an interactive shell: back to the prompt. */
export class Interrupted {}
