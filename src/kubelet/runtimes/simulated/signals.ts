/** Linux signal numbers by name (x86-64 and arm64 agree on these). */
const NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGUSR1: 10,
  SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGSTKFLT: 16, SIGCHLD: 17, SIGCONT: 18, SIGSTOP: 19,
  SIGTSTP: 20, SIGTTIN: 21, SIGTTOU: 22, SIGURG: 23, SIGXCPU: 24, SIGXFSZ: 25, SIGVTALRM: 26, SIGPROF: 27, SIGWINCH: 28,
  SIGIO: 29, SIGPWR: 30, SIGSYS: 31,
};

/** Names in the order of their numbers, as `kill -l` prints them. */
export const SIGNAL_NAMES: readonly string[] = Object.keys(NUMBERS);

const STOPPING = new Set(['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU']);
const NOT_FATAL = new Set(['SIGCHLD', 'SIGCONT', 'SIGURG', 'SIGWINCH', ...STOPPING]);

/** The full name of a signal given as 'TERM', 'SIGTERM' or '15'; undefined when there is none. */
export function signalName(text: string): string | undefined {
  if (/^\d+$/.test(text)) return SIGNAL_NAMES.find((name) => NUMBERS[name] === Number(text));
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  return Object.hasOwn(NUMBERS, name) ? name : undefined;
}

/** The number of a signal's full name, 0 when unknown. */
export function signalNumber(name: string): number {
  return Object.hasOwn(NUMBERS, name) ? (NUMBERS[name] ?? 0) : 0;
}

/** Whether a signal stops a process that does not handle it, until SIGCONT. */
export function stopsProcess(name: string): boolean {
  return STOPPING.has(name);
}

/** Whether a signal ends a process that does not handle it. */
export function endsProcess(name: string): boolean {
  return !NOT_FATAL.has(name);
}
