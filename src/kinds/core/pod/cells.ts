import type { ContainerStateTerminated, ContainerStatus, Pod } from '../../../api/types/core-v1.js';
import { humanDuration, timeMs } from '../../../api/time.js';
import type { Cell } from '../../../registry/kind.js';
import { age } from '../../shared/container-cells.js';
import { isSidecar } from '../../shared/containers.js';
import { isPodReady } from './conditions.js';

interface Summary {
  readonly reason: string;
  readonly ready: number;
  readonly restarts: Restarts;
}

/** How often containers were restarted, and when the last time. */
class Restarts {
  count = 0;
  private last: number | undefined;

  add({ restartCount, lastState }: ContainerStatus): void {
    this.count += restartCount;
    const finished = timeMs(lastState?.terminated?.finishedAt);
    if (finished !== undefined && finished > (this.last ?? Number.NEGATIVE_INFINITY)) this.last = finished;
  }

  text(nowMs: number): string {
    return this.count !== 0 && this.last !== undefined ? `${this.count} (${humanDuration(nowMs - this.last)} ago)` : String(this.count);
  }
}

/** Cells of a pod's row, wide ones too (pkg/printers/internalversion printPod). */
export function podCells(pod: Pod, nowMs: number): Cell[] {
  const { metadata, spec } = pod;
  const status = pod.status ?? {};
  const total = (spec.containers ?? []).length + (spec.initContainers ?? []).filter(isSidecar).length;
  const { reason, ready, restarts } = summarize(pod);
  return [
    metadata.name,
    `${ready}/${total}`,
    reason,
    restarts.text(nowMs),
    age(metadata.creationTimestamp, nowMs),
    status.podIPs?.[0]?.ip || '<none>',
    spec.nodeName || '<none>',
    status.nominatedNodeName || '<none>',
    readinessGates(pod),
  ];
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const open = gates.filter((gate) => (status?.conditions ?? []).find((condition) => condition.type === gate.conditionType)?.status === 'True');
  return `${open.length}/${gates.length}`;
}

function summarize(pod: Pod): Summary {
  const status = pod.status ?? {};
  const conditions = status.conditions ?? [];
  let reason = status.reason || (status.phase ?? '');
  if (conditions.some((condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated')) reason = 'SchedulingGated';
  const init = summarizeInit(pod);
  let { ready, restarts } = init;
  const initialized = conditions.find((condition) => condition.type === 'Initialized')?.status === 'True';
  if (init.reason === undefined || initialized) {
    const main = summarizeContainers(pod, init.reason ?? reason, init.sidecarRestarts);
    reason = main.reason;
    restarts = main.restarts;
    ready += main.ready;
  } else {
    reason = init.reason;
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') reason = 'Unknown';
    else if (status.phase !== 'Failed' && status.phase !== 'Succeeded') reason = 'Terminating';
  }
  return { reason, ready, restarts };
}

/** The init containers: `reason` is what the pod waits for, undefined when all of them are done. */
function summarizeInit({ spec, status }: Pod): { reason: string | undefined; ready: number; restarts: Restarts; sidecarRestarts: Restarts } {
  const containers = new Map((spec.initContainers ?? []).map((container) => [container.name, container]));
  const restarts = new Restarts();
  const sidecarRestarts = new Restarts();
  let ready = 0;
  for (const [i, container] of (status?.initContainerStatuses ?? []).entries()) {
    restarts.add(container);
    const sidecar = isSidecar(containers.get(container.name));
    if (sidecar) sidecarRestarts.add(container);
    const { terminated, waiting } = container.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && container.started) {
      if (container.ready) ready++;
      continue;
    }
    let reason = `Init:${i}/${(spec.initContainers ?? []).length}`;
    if (terminated) reason = `Init:${endReason(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`;
    return { reason, ready, restarts, sidecarRestarts };
  }
  return { reason: undefined, ready, restarts, sidecarRestarts };
}

function summarizeContainers({ status }: Pod, initial: string, restarts: Restarts): Summary {
  let reason = initial;
  let errorReason = '';
  let running = false;
  let ready = 0;
  for (const container of (status?.containerStatuses ?? []).toReversed()) {
    restarts.add(container);
    const { waiting, terminated, running: isRunning } = container.state ?? {};
    if (waiting?.reason) {
      reason = waiting.reason;
    } else if (terminated) {
      reason = endReason(terminated);
      if (terminated.exitCode !== 0) errorReason = reason;
    } else if (container.ready && isRunning) {
      running = true;
      ready++;
    }
  }
  // A pod some of whose containers go on running is not completed.
  if (reason === 'Completed') {
    if (running && isPodReady(status)) reason = 'Running';
    else if (errorReason) reason = errorReason;
    else if (running) reason = 'NotReady';
  }
  return { reason, ready, restarts };
}

function endReason({ reason, signal, exitCode }: ContainerStateTerminated): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}
