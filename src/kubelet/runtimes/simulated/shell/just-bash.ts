import type * as JustBash from 'just-bash';

let library: Promise<typeof JustBash> | undefined;

/** just-bash, loaded on first use: its import takes some 125 ms and 17 MB. */
export function loadJustBash(): Promise<typeof JustBash> {
  return (library ??= import('just-bash'));
}

/** Whether it has been loaded (a test's view of what a sleeping container costs). */
export function isJustBashLoaded(): boolean {
  return library !== undefined;
}
