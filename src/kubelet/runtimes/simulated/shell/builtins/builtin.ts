import type { Executor } from '../executor.js';
import type { Shell } from '../shell.js';

export interface BuiltinContext {
  readonly shell: Shell;
  readonly executor: Executor;
  readonly name: string;
  readonly args: readonly string[];
  /** Nothing follows this command in the process. */
  readonly replace: boolean;
}

/** A command that runs inside the shell. CommandErrors become `SHELL: NAME: message`. */
export type Builtin = (context: BuiltinContext) => Promise<number>;
