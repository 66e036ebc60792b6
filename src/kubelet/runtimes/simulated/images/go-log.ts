import type { ProgramProcess } from '../program.js';

/** A line as klog writes it: `I1123 19:03:00.000000       1 log.go:195] text`. */
export function klog(process: ProgramProcess, where: string, text: string): void {
  const at = new Date(process.clock.now()).toISOString();
  process.stderr.write(`I${at.slice(5, 7)}${at.slice(8, 10)} ${at.slice(11, 23)}000 ${String(process.process.pid).padStart(7)} ${where}] ${text}\n`);
}

/** A line as Go's log package writes it: `2026/11/23 19:03:00 text`. */
export function goLog(process: ProgramProcess, text: string): void {
  process.stderr.write(`${new Date(process.clock.now()).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')} ${text}\n`);
}

/** Values of flags in Go's forms (`--name=value`, `--name value`, `-name`), and what is left. */
export function goFlags(args: readonly string[], booleans: readonly string[] = []): { readonly flags: ReadonlyMap<string, string>; readonly rest: readonly string[] } {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = /^--?([a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(args[i] ?? '') ?? [];
    if (name === undefined) rest.push(args[i] ?? '');
    else if (value !== undefined) flags.set(name, value);
    else if (booleans.includes(name)) flags.set(name, 'true');
    else flags.set(name, args[++i] ?? '');
  }
  return { flags, rest };
}
