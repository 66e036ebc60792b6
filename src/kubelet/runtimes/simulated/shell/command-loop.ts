import { LineEditor } from '../terminal/line-editor.js';
import type { StatementNode } from './ast.js';
import { completions } from './completion.js';
import { FunctionReturn, Interrupted, LoopExit, ShellError, SyntaxFault } from './errors.js';
import type { Executor } from './executor.js';
import type { OpenFile } from './io/open-file.js';
import { hangUp, heldByJobs } from './job-control.js';
import { describeJob } from './jobs.js';
import { syntaxMessage } from './messages.js';
import { parseLines, parseScript } from './parse/parse.js';
import { defaultPrompt, expandPrompt } from './prompt.js';

/** Gives the next line with its newline, undefined at the end, 'interrupt' for Ctrl-C. */
type LineSource = (continued: boolean) => Promise<string | undefined | 'interrupt'>;

/** An interactive session at a terminal. */
export async function runInteractive(executor: Executor): Promise<number> {
  const { shell } = executor;
  const { task } = shell;
  const tty = task.stdin.tty;
  if (!tty) return runLines(executor, lineReader(task.stdin, task.signal));
  const editor = new LineEditor(tty, (before) => completions(shell, before));
  if (shell.variables.get('PS1') === undefined) shell.variables.set('PS1', defaultPrompt(shell));
  shell.variables.set('COLUMNS', String(tty.size.width));
  shell.variables.set('LINES', String(tty.size.height));
  const next: LineSource = async (continued) => {
    for (const job of continued ? [] : shell.jobs.list().filter((ended) => ended.status !== undefined)) {
      const text = describeJob(job, shell.jobs, shell.flavour);
      shell.jobs.remove(job);
      await task.writeError(text);
    }
    const prompt = continued ? (shell.variables.get('PS2') ?? '> ') : expandPrompt(shell, shell.variables.get('PS1') ?? '$ ');
    const line = await editor.readLine(prompt, task.signal);
    if (line.kind === 'interrupt') return 'interrupt';
    if (line.kind === 'end') {
      if (shell.flavour === 'bash') await task.writeError('exit\n');
      return (await heldByJobs(shell)) ? '\n' : undefined;
    }
    return `${line.text}\n`;
  };
  try {
    return await runLines(executor, next);
  } finally {
    hangUp(shell);
  }
}

/** Commands on standard input, each run as soon as its last line is there: what they read comes after them. */
export function runStandardInput(executor: Executor): Promise<number> {
  const { task } = executor.shell;
  return runLines(executor, lineReader(task.stdin, task.signal));
}

/** A script's text. Commands before a syntax error run, as they do in shells that read line by line. */
export async function runText(executor: Executor, text: string): Promise<number> {
  let statements: readonly StatementNode[];
  try {
    ({ statements } = await parseScript(text));
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
    return runLines(executor, async () => lines.shift());
  }
  try {
    return await executor.statements(statements, true);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return reportSyntax(executor, error);
  }
}

async function runLines(executor: Executor, next: LineSource): Promise<number> {
  const { shell } = executor;
  let text = '';
  let firstLine = 1;
  let line = 0;
  for (;;) {
    const more = await next(text !== '');
    if (more === 'interrupt') {
      text = '';
      shell.status = 130;
      continue;
    }
    if (more === undefined && text === '') return shell.status;
    if (more !== undefined) line++;
    text += more ?? '';
    if (text.trim() === '') {
      text = '';
      firstLine = line + 1;
      if (more === undefined) return shell.status;
      continue;
    }
    let statements: readonly StatementNode[];
    try {
      ({ statements } = more === undefined ? await parseScript(text) : await parseLines(text));
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      if (error.incomplete && more !== undefined) continue;
      shell.line = firstLine;
      const status = await reportSyntax(executor, error);
      if (!shell.interactive) return status;
      shell.status = status;
      text = '';
      continue;
    }
    text = '';
    firstLine = line + 1;
    await runStatements(executor, statements);
  }
}

async function runStatements(executor: Executor, statements: readonly StatementNode[]): Promise<void> {
  const { shell } = executor;
  try {
    await executor.statements(statements);
  } catch (error) {
    if (error instanceof LoopExit) return;
    if (error instanceof FunctionReturn && shell.interactive) return;
    if (!shell.interactive) throw error;
    if (error instanceof Interrupted) shell.status = 130;
    else if (error instanceof SyntaxFault) shell.status = await reportSyntax(executor, error);
    else if (error instanceof ShellError) shell.status = await executor.report(error);
    else throw error;
    shell.tested = 0;
    shell.loops = 0;
  }
}

async function reportSyntax(executor: Executor, error: SyntaxFault): Promise<number> {
  const { shell } = executor;
  await shell.task.writeError(syntaxMessage(shell.speaker, error.message, shell.source === 'command' ? 'command' : 'script'));
  return 2;
}

/** Reads lines and leaves what follows them to the commands. */
function lineReader(file: OpenFile, signal: AbortSignal): LineSource {
  return async () => {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const chunk = await file.read(signal);
      if (!chunk) return chunks.length > 0 ? Buffer.concat(chunks).toString('utf8') : undefined;
      const end = chunk.indexOf(10);
      if (end < 0) {
        chunks.push(chunk);
        continue;
      }
      chunks.push(chunk.subarray(0, end + 1));
      file.unread(chunk.subarray(end + 1));
      return Buffer.concat(chunks).toString('utf8');
    }
  };
}
