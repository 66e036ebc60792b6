import { ApiError } from '../api/errors.js';
import type { Pod } from '../api/types/core-v1.js';
import type { EventRecorder } from '../client/recorder.js';
import type { ResourceClient } from '../client/types.js';
import type { Candidate } from './preemption.js';
import type { StatusWriter } from './status-writer.js';

interface Tools {
  readonly pods: ResourceClient<Pod>;
  readonly status: StatusWriter;
  readonly events: EventRecorder;
}

/**
 * Deletes the victims of a preemption, saying in their status why (KEP-3329). Those that have gone already are no matter.
 * The last one goes after `lastOne` was called: from then on the news of its end may bring the preemptor back.
 */
export async function evictVictims(preemptor: Pod, { node, victims }: Candidate, tools: Tools, lastOne: () => void): Promise<void> {
  const staying = victims.filter(({ metadata }) => !metadata.deletionTimestamp);
  await Promise.all(staying.slice(0, -1).map((victim) => evict(preemptor, victim, node, tools)));
  lastOne();
  const last = staying.at(-1);
  if (last) await evict(preemptor, last, node, tools);
}

async function evict(preemptor: Pod, victim: Pod, node: string, { pods, status, events }: Tools): Promise<void> {
  const message = `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`;
  if (!(await status.setCondition(victim, { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message }))) return;
  const { name, namespace, uid } = victim.metadata;
  try {
    await pods.delete({ name, namespace }, { uid });
  } catch (error) {
    if (error instanceof ApiError && (error.code === 404 || error.code === 409)) return;
    throw error;
  }
  events.record(victim, 'Normal', 'Preempted', `Preempted by pod ${preemptor.metadata.uid} on node ${node}`, { action: 'Preempting', related: preemptor });
}
