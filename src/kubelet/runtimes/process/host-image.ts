import type { ImageStatus } from '../../runtime.js';

/** An image as the process runtime runs it. */
export interface HostImage {
  readonly status: ImageStatus;
  /** Its root file system on the host; the host's own root, seen read-only, without one. */
  readonly rootFolder: string | undefined;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: ReadonlyArray<readonly [name: string, value: string]>;
  readonly workingDir: string | undefined;
  readonly stopSignal: string | undefined;
}

/** What the image's program is to be, by the container's overrides (as Docker's ENTRYPOINT and CMD combine). */
export function imageCommand({ entrypoint, cmd }: HostImage, command: readonly string[] | undefined, args: readonly string[] | undefined): readonly string[] {
  if (command?.length) return [...command, ...(args ?? [])];
  return [...entrypoint, ...(args?.length ? args : cmd)];
}
