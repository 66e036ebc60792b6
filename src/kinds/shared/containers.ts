import type { Container, EphemeralContainer, PodSpec } from '../../api/types/core-v1.js';
import type { Path } from '../../api/field.js';

/** Any of the three sorts of containers: ephemeral ones have the same fields and `targetContainerName`. */
export type AnyContainer = Container | EphemeralContainer;

export type ContainerList = 'initContainers' | 'containers' | 'ephemeralContainers';

/** In the order in which Kubernetes visits containers: it shows in the order of errors, warnings and names. */
export const CONTAINER_LISTS: readonly ContainerList[] = ['initContainers', 'containers', 'ephemeralContainers'];

/** All containers: init, regular, ephemeral. */
export function allContainers(spec: PodSpec): AnyContainer[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

/** All containers and where they stand below `specPath`. */
export function containersWithPaths(spec: PodSpec, specPath: Path): ReadonlyArray<readonly [AnyContainer, Path]> {
  return CONTAINER_LISTS.flatMap((list) => (spec[list] ?? []).map((container, i) => [container, specPath.child(list).index(i)] as const));
}

/** A sidecar: an init container that goes on running beside the regular ones. */
export const isSidecar = (container: AnyContainer | undefined): boolean => container?.restartPolicy === 'Always';
