import type { ScriptNode, WordNode } from '../ast.js';
import { SyntaxFault } from '../errors.js';
import { loadJustBash } from '../just-bash.js';
import { parseSimpleScript } from './simple-script.js';

const MAX_CACHED = 300;
const cache = new Map<string, ScriptNode>();

/** Parses a script; rejects with SyntaxFault. Equal texts give the same tree, which must not be changed. */
export async function parseScript(text: string): Promise<ScriptNode> {
  const known = cache.get(text);
  if (known) return known;
  const script = parseSimpleScript(text) ?? (await parseFull(text));
  if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value ?? '');
  if (text.length < 10_000) cache.set(text, script);
  return script;
}

async function parseFull(text: string): Promise<ScriptNode> {
  const { parse } = await loadJustBash();
  try {
    return parse(text);
  } catch (error) {
    throw syntaxFault(error);
  }
}

/** Parses a text that may go on in the next line: `incomplete` faults mean that it does. */
export async function parseLines(text: string): Promise<ScriptNode> {
  if (/(^|[^\\])(\\\\)*\\\n?$/.test(text)) throw new SyntaxFault('unexpected end of file', true, 0);
  const script = await parseScript(text);
  if (endsOpen(script) || hasOpenHereDocument(script)) throw new SyntaxFault('unexpected end of file', true, 0);
  return script;
}

/** Parses text as if it stood in double quotes. */
export async function parseQuoted(text: string): Promise<WordNode> {
  // A here-document's content follows the same rules, but for the double quotes that stay.
  const script = await parseFull(`cat <<KUBETTE_END\n${text}\nKUBETTE_END\n`);
  const command = script.statements[0]?.pipelines[0]?.commands[0];
  const target = command?.type === 'SimpleCommand' ? command.redirections[0]?.target : undefined;
  if (target?.type !== 'HereDoc') throw new SyntaxFault('bad substitution', false, 0);
  return target.content;
}

function syntaxFault(error: unknown): SyntaxFault {
  if (!(error instanceof Error)) return new SyntaxFault(String(error), false, 0);
  const details = error as Error & { token?: { type?: unknown; value?: unknown }; line?: unknown };
  const line = typeof details.line === 'number' ? details.line : 0;
  const token = typeof details.token?.value === 'string' ? details.token.value : '';
  let message = error.message.replace(/^Parse error at \d+:\d+: /, '').replace(/^line \d+: /, '');
  const atEnd = details.token?.type === 'EOF' || message.includes('unexpected EOF');
  if (!atEnd && message.startsWith('Expected ')) message = `syntax error near unexpected token \`${token === '\n' ? 'newline' : token}'`;
  return new SyntaxFault(atEnd && !message.startsWith('unexpected') ? 'syntax error: unexpected end of file' : message, atEnd, line);
}

/** just-bash takes `a &&` and `a |` for complete, with an empty last command. */
function endsOpen(script: ScriptNode): boolean {
  const pipeline = script.statements.at(-1)?.pipelines.at(-1);
  const command = pipeline?.commands.at(-1);
  return command?.type === 'SimpleCommand' && !command.name && command.assignments.length === 0 && command.redirections.length === 0
    && !script.statements.at(-1)?.deferredError;
}

function hasOpenHereDocument(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if ('terminated' in node && node.terminated === false) return true;
  return Object.values(node).some(hasOpenHereDocument);
}
