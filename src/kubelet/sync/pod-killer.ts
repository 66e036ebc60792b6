import type { Pod } from '../../api/types/core-v1.js';
import type { KubeletContext } from '../kubelet-context.js';
import { containerSpec, isSidecar } from '../pods/pod-helpers.js';
import type { PodRuntimeStatus } from '../pods/runtime-status.js';
import type { PodStages } from '../stages/pod-stages.js';
import { killContainer } from './container-killer.js';

/**
 * Stops a pod's containers side by side, sidecars after the others and in reverse order, then its sandbox
 * (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination).
 */
export async function killPod(context: KubeletContext, pod: Pod, runtime: PodRuntimeStatus, stages: PodStages, graceSeconds?: number): Promise<void> {
  const running = runtime.containers.filter((c) => c.state === 'running');
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map((c) => c.name);
  const ended = new Map<string, Promise<void>>();
  const rank = (name: string): number => sidecars.indexOf(name);
  // Regular containers first, so that each sidecar finds the ends it has to wait for.
  for (const { name, id } of [...running].sort((a, b) => (rank(a.name) < 0 ? -1 : rank(b.name) < 0 ? 1 : rank(b.name) - rank(a.name)))) {
    const container = containerSpec(pod, name);
    if (!container) continue;
    const turn = rank(name) < 0 ? undefined : Promise.all(ended.values()).then(() => undefined);
    ended.set(name, killContainer(context, { pod, container, id, podIp: runtime.sandbox?.ip ?? '', graceSeconds, turn, stages }));
  }
  await Promise.all(ended.values());
  if (runtime.sandbox) await context.runtime.stopPodSandbox(runtime.sandbox.id);
}
