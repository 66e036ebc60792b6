import type { PodSandbox, RuntimeContainerStatus } from '../runtime.js';

/** What the runtime knows of a pod. */
export interface PodRuntimeStatus {
  /** The newest sandbox. */
  readonly sandbox: PodSandbox | undefined;
  /** All containers that the runtime still has, newest first. */
  readonly containers: readonly RuntimeContainerStatus[];
}

/** The newest container of a name. */
export function latest(status: PodRuntimeStatus, name: string): RuntimeContainerStatus | undefined {
  return status.containers.find((container) => container.name === name);
}
