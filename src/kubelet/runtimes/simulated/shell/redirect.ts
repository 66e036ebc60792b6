import { errorText } from '../files/file-system-error.js';
import type { RedirectionNode, WordNode } from './ast.js';
import { CommandError } from './errors.js';
import type { Expander } from './expansion/expander.js';
import type { FileTable } from './io/file-table.js';
import { BytesFile, NullFile, type OpenFile } from './io/open-file.js';
import { openPath, type OpenMode } from './io/open.js';
import { cannotOpen, prefix } from './messages.js';
import type { Shell } from './shell.js';

/** A redirection that could not be done; `message` is complete. */
export class RedirectionFailure extends CommandError {}

/**
 * Carries out redirections on a table of descriptors, in order. The result puts the old files back; when one
 * fails, those before it are undone and RedirectionFailure is thrown.
 */
export async function redirect(shell: Shell, expander: Expander, files: FileTable, nodes: readonly RedirectionNode[]): Promise<() => void> {
  const saved: [number, OpenFile | undefined][] = [];
  const undo = (): void => {
    for (const [fd, file] of saved.reverse()) {
      if (file) files.set(fd, file);
      else files.close(fd);
    }
    saved.length = 0;
  };
  const put = (fd: number, file: OpenFile | undefined): void => {
    saved.push([fd, files.get(fd)?.retain()]);
    if (file) files.set(fd, file);
    else files.close(fd);
  };
  try {
    for (const node of nodes) await one(shell, expander, files, node, put);
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

type Put = (fd: number, file: OpenFile | undefined) => void;

async function one(shell: Shell, expander: Expander, files: FileTable, node: RedirectionNode, put: Put): Promise<void> {
  const fdOf = (normal: number): number => {
    if (!node.fdVariable) return node.fd ?? normal;
    const fd = files.free(10);
    shell.variables.set(node.fdVariable, String(fd));
    return fd;
  };
  if (node.target.type === 'HereDoc') {
    const { quoted } = node.target;
    const content = node.target.stripTabs ? withoutTabs(node.target.content) : node.target.content;
    const text = quoted ? await expander.text(content, { quoted: true }) : await expander.hereDocument(content);
    return put(fdOf(0), new BytesFile(Buffer.from(text)));
  }
  const { operator } = node;
  if (operator === '<<<') return put(fdOf(0), new BytesFile(Buffer.from(`${await expander.text(node.target)}\n`)));
  if (operator === '>&' || operator === '<&') {
    const target = await expander.text(node.target);
    if (target === '-') return put(fdOf(operator === '<&' ? 0 : 1), undefined);
    const move = /^(\d+)(-?)$/.exec(target);
    if (move) {
      const from = Number(move[1]);
      const file = files.get(from);
      if (!file) throw new RedirectionFailure(`${prefix(shell.speaker)}${from}: ${shell.flavour === 'bash' ? 'Bad file descriptor' : 'bad file descriptor'}\n`);
      put(fdOf(operator === '<&' ? 0 : 1), file.retain());
      if (move[2]) put(from, undefined);
      return;
    }
    return both(shell, target, 'write', put);
  }
  const targets = await expander.word(node.target);
  const path = targets.length === 1 ? (targets[0] ?? '') : undefined;
  if (path === undefined) throw new RedirectionFailure(`${prefix(shell.speaker)}${targets.join(' ')}: ambiguous redirect\n`);
  if (operator === '&>' || operator === '&>>') return both(shell, path, operator === '&>' ? 'write' : 'append', put);
  const modes: Record<string, OpenMode> = { '<': 'read', '>': 'write', '>>': 'append', '<>': 'both', '>|': 'write' };
  const mode = modes[operator] ?? 'read';
  if (operator === '>' && shell.options.noclobber && (await isFile(shell, path))) {
    throw new RedirectionFailure(`${prefix(shell.speaker)}${shell.flavour === 'bash' ? `${path}: cannot overwrite existing file` : `can't create ${path}: File exists`}\n`);
  }
  put(fdOf(operator === '<' || operator === '<>' ? 0 : 1), await open(shell, path, mode));
}

/** `<<-`: the source's lines lose their leading tabs, expansions keep theirs. */
function withoutTabs(word: WordNode): WordNode {
  let atLineStart = true;
  const parts = word.parts.map((part) => {
    if (part.type !== 'Literal' && part.type !== 'SingleQuoted') {
      atLineStart = false;
      return part;
    }
    const value = (atLineStart ? part.value.replace(/^\t+/, '') : part.value).replace(/\n\t+/g, '\n');
    atLineStart = value.endsWith('\n');
    return { ...part, value };
  });
  return { ...word, parts };
}

async function both(shell: Shell, path: string, mode: OpenMode, put: Put): Promise<void> {
  const file = await open(shell, path, mode);
  put(1, file);
  put(2, file.retain());
}

async function open(shell: Shell, path: string, mode: OpenMode): Promise<OpenFile> {
  if (path === '/dev/null') return new NullFile();
  try {
    return await openPath(shell.task, path, mode);
  } catch (error) {
    if (shell.task.signal.aborted) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = code === 'ECONNREFUSED' ? 'Connection refused' : code === 'EISDIR' ? 'Is a directory' : errorText(error);
    throw new RedirectionFailure(cannotOpen(shell.speaker, path, mode !== 'read', reason));
  }
}

async function isFile(shell: Shell, path: string): Promise<boolean> {
  const stat = await shell.task.fs.stat(shell.task.resolve(path)).catch(() => undefined);
  return stat?.isFile === true && !('device' in stat && stat.device);
}
