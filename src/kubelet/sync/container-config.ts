import { Quantity } from '../../api/quantity.js';
import type { Container, Pod, ResourceRequirements } from '../../api/types/core-v1.js';
import { expand } from '../env/expansion.js';
import { milliValue, wholeValue } from '../pods/resources.js';
import type { ContainerConfig, ImageStatus, ResourceLimits } from '../runtime.js';
import { StartError } from './start-error.js';

export const CONFIG_ERROR = 'CreateContainerConfigError';

/** What the runtime is told of a container. Throws StartError for settings that cannot be honoured. */
export function containerConfig(pod: Pod, container: Container, image: ImageStatus, attempt: number, env: ReadonlyArray<readonly [string, string]>, targetContainer?: string): ContainerConfig {
  const values = new Map(env);
  const lookup = (name: string): string | undefined => values.get(name);
  const { securityContext: own = {}, lifecycle } = container;
  const shared = pod.spec.securityContext ?? {};
  const uid = own.runAsUser ?? shared.runAsUser;
  verifyNonRoot(pod, container, own.runAsNonRoot ?? shared.runAsNonRoot, uid, image);
  return {
    name: container.name,
    image: image.name,
    attempt,
    command: container.command?.map((text) => expand(text, lookup)),
    args: container.args?.map((text) => expand(text, lookup)),
    workingDir: container.workingDir || undefined,
    env,
    mounts: (container.volumeMounts ?? []).map((mount) => ({
      volume: mount.name,
      path: mount.mountPath,
      subPath: mount.subPathExpr ? expandSubPath(mount.subPathExpr, lookup) : mount.subPath || undefined,
      readOnly: mount.readOnly ?? false,
    })),
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    user: { uid, gid: own.runAsGroup ?? shared.runAsGroup, groups: [...(shared.supplementalGroups ?? []), ...(shared.fsGroup === undefined ? [] : [shared.fsGroup])] },
    readOnlyRootFilesystem: own.readOnlyRootFilesystem ?? false,
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
    ...limitsOf(container.resources),
    requests: { cpuCores: amount(container, 'cpu'), memoryBytes: amount(container, 'memory') },
    stopSignal: lifecycle?.stopSignal,
    targetContainer,
    runsToCompletion: container.restartPolicy !== 'Always' && (pod.spec.initContainers ?? []).some(({ name }) => name === container.name),
  };
}

/** What is requested of a resource, 0 for nothing. */
function amount(container: Container, resource: string): number {
  return Quantity.tryParse(container.resources?.requests?.[resource])?.toNumber() ?? 0;
}

/** The limits that a runtime enforces. */
export function limitsOf(resources: ResourceRequirements | undefined): ResourceLimits {
  const memory = wholeValue(resources?.limits?.['memory']);
  const cpu = milliValue(resources?.limits?.['cpu']);
  return { memoryLimitBytes: memory === 0n ? undefined : Number(memory), cpuLimitCores: cpu === 0n ? undefined : Number(cpu) / 1000 };
}

function expandSubPath(expression: string, lookup: (name: string) => string | undefined): string {
  let missing: string | undefined;
  const path = expand(expression, (name) => {
    const value = lookup(name);
    if (value === undefined) missing ??= name;
    return value ?? '';
  });
  if (missing !== undefined) throw new StartError(CONFIG_ERROR, `missing value for ${JSON.stringify(missing)}`);
  return path;
}

/** Refuses to run as root what must not (securityContext.runAsNonRoot). */
function verifyNonRoot(pod: Pod, container: Container, nonRoot: boolean | undefined, uid: number | undefined, image: ImageStatus): void {
  if (!nonRoot) return;
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  if (uid !== undefined) {
    if (uid === 0) throw new StartError(CONFIG_ERROR, `container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  if (image.username) throw new StartError(CONFIG_ERROR, `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`);
  if (!image.uid) throw new StartError(CONFIG_ERROR, `container has runAsNonRoot and image will run as root ${where}`);
}
