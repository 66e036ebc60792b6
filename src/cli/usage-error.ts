/** A mistake on the command line: told in one sentence, exit code 2. */
export class UsageError extends Error {}

/** Something outside the program is in the way (port taken, folder unreadable): told in one sentence, exit code 1. */
export class UserError extends Error {}

/** The cause of a failed file operation, without its code and path. */
export function reasonOf(error: unknown): string {
  return (error as Error).message.replace(/^[A-Z]+: /, '').replace(/, \w+( '.*)?$/s, '');
}

/** How messages call a file that a flag names; `-` is standard input where it may be read. */
export const fileName = (file: string): string => (file === '-' ? 'standard input' : file);
