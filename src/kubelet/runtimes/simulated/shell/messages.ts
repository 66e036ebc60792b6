/** How a shell words its errors. */
export type Flavour = 'bash' | 'ash' | 'dash';

export interface Speaker {
  readonly flavour: Flavour;
  /** `$0`. */
  readonly name: string;
  /** The line of the script that runs, 0 at a prompt. */
  readonly line: number;
}

/** What stands before every message of a shell itself. */
export function prefix(speaker: Speaker): string {
  const { flavour, name, line } = speaker;
  if (flavour === 'ash' || line === 0) return flavour === 'dash' ? `${name}: ${line}: ` : `${name}: `;
  return flavour === 'bash' ? `${name}: line ${line}: ` : `${name}: ${line}: `;
}

/** What stands before a message of a builtin. */
export function builtinPrefix(speaker: Speaker, builtin: string): string {
  return speaker.flavour === 'ash' ? `${speaker.name}: ${builtin}: line ${Math.max(0, speaker.line - 1)}: ` : `${prefix(speaker)}${builtin}: `;
}

export function notFound(speaker: Speaker, command: string): string {
  const isPath = command.includes('/');
  if (speaker.flavour === 'bash') return `${prefix(speaker)}${command}: ${isPath ? 'No such file or directory' : 'command not found'}\n`;
  return `${prefix(speaker)}${command}: not found\n`;
}

export function notExecutable(speaker: Speaker, command: string, isDirectory: boolean): string {
  return `${prefix(speaker)}${command}: ${speaker.flavour === 'bash' && isDirectory ? 'Is a directory' : 'Permission denied'}\n`;
}

/** A redirection that failed with an errno text. */
export function cannotOpen(speaker: Speaker, path: string, writing: boolean, reason: string): string {
  if (speaker.flavour === 'bash') return `${prefix(speaker)}${path}: ${reason}\n`;
  if (speaker.flavour === 'ash') {
    const why = reason === 'No such file or directory' ? (writing ? 'nonexistent directory' : 'no such file') : reason;
    return `${prefix(speaker)}can't ${writing ? 'create' : 'open'} ${path}: ${why}\n`;
  }
  const why = reason === 'No such file or directory' ? (writing ? 'Directory nonexistent' : 'No such file') : reason;
  return `${prefix(speaker)}cannot ${writing ? 'create' : 'open'} ${path}: ${why}\n`;
}

export function cannotChangeDirectory(speaker: Speaker, path: string, reason: string): string {
  if (speaker.flavour === 'bash') return `${prefix(speaker)}cd: ${path}: ${reason}\n`;
  if (speaker.flavour === 'ash') return `${builtinPrefix(speaker, 'cd')}can't cd to ${path}: ${reason}\n`;
  return `${builtinPrefix(speaker, 'cd')}can't cd to ${path}\n`;
}

export function unsetMessage(flavour: Flavour, name: string): string {
  return flavour === 'bash' ? `${name}: unbound variable` : `${name}: parameter not set`;
}

export function readOnlyMessage(flavour: Flavour, name: string): string {
  return flavour === 'bash' ? `${name}: readonly variable` : `${name}: is read only`;
}

/** A syntax fault as the shell prints it. */
export function syntaxMessage(speaker: Speaker, message: string, source: 'command' | 'script'): string {
  if (speaker.flavour === 'bash') {
    const where = source === 'command' ? `${speaker.name}: -c: line ${Math.max(1, speaker.line)}: ` : `${speaker.name}: line ${Math.max(1, speaker.line)}: `;
    return `${where}${message}\n`;
  }
  const token = /unexpected token `(.*)'/.exec(message)?.[1];
  const quote = /matching `(["'])'/.exec(message)?.[1];
  if (speaker.flavour === 'ash') {
    if (quote) return `${prefix(speaker)}syntax error: unterminated quoted string\n`;
    return `${prefix(speaker)}syntax error: unexpected ${token && !message.includes('end of file') ? `"${token}"` : 'end of file'}\n`;
  }
  if (quote) return `${prefix({ ...speaker, line: Math.max(1, speaker.line) })}Syntax error: Unterminated quoted string\n`;
  return `${prefix({ ...speaker, line: Math.max(1, speaker.line) })}Syntax error: ${token ? `"${token}" unexpected` : 'end of file unexpected'}\n`;
}
