import type { Container, ContainerStatus, Pod } from '../../api/types/core-v1.js';
import { isSidecar, shouldRestart, statusOf } from '../pods/pod-helpers.js';

/**
 * A pod's phase from the states of its containers (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase).
 * `terminal`: its containers are stopped for good. `started`: a regular container runs or has run.
 */
export function podPhase(pod: Pod, statuses: readonly ContainerStatus[], { terminal, started }: { terminal: boolean; started: boolean }): string {
  const { spec } = pod;
  const restarts = (container: Container, code: number): boolean => shouldRestart(container, spec, code);
  let pendingInit = 0;
  let pendingSidecars = 0;
  let failedForGood = 0;
  let unknown = 0;
  let running = 0;
  let waiting = 0;
  let stopped = 0;
  let stoppedForGood = 0;
  let succeeded = 0;

  for (const container of spec.initContainers ?? []) {
    const status = statusOf(statuses, container.name);
    const { state, lastState } = status ?? {};
    if (isSidecar(container)) {
      if (!status) unknown++;
      else if (state?.running) {
        if (!status.started) pendingSidecars++;
        running++;
      } else if (state?.waiting && !lastState?.terminated) {
        pendingSidecars++;
        waiting++;
      } else if (!state?.terminated && !state?.waiting) {
        pendingSidecars++;
        unknown++;
      }
      continue;
    }
    const ended = state?.terminated ?? (state?.waiting ? lastState?.terminated : undefined);
    if (!ended) pendingInit++;
    else if (ended.exitCode !== 0 && !restarts(container, ended.exitCode)) failedForGood++;
  }

  for (const container of spec.containers) {
    const status = statusOf(statuses, container.name);
    const { state, lastState } = status ?? {};
    if (state?.running) running++;
    else if (state?.terminated) {
      stopped++;
      if (!restarts(container, state.terminated.exitCode)) stoppedForGood++;
      if (state.terminated.exitCode === 0) succeeded++;
    } else if (state?.waiting) {
      if (lastState?.terminated) {
        stopped++;
        if (!restarts(container, lastState.terminated.exitCode)) stoppedForGood++;
      } else waiting++;
    } else unknown++;
  }

  if (failedForGood > 0) return 'Failed';
  if (pendingInit > 0 || (pendingSidecars > 0 && !started) || waiting > 0) return 'Pending';
  if (running > 0 && unknown === 0) return 'Running';
  if (running === 0 && stopped > 0 && unknown === 0) {
    if (!terminal && stopped !== stoppedForGood) return 'Running';
    return stopped === succeeded ? 'Succeeded' : 'Failed';
  }
  return 'Pending';
}
