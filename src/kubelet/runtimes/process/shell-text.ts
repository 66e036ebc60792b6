/** A text as one word of a POSIX shell. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command and its arguments as a line of a POSIX shell. */
export function commandLine(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}

/** Whether a variable of that name can be set by a POSIX shell. */
export function isShellName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name);
}
