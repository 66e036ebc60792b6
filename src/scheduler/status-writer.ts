import { ApiError } from '../api/errors.js';
import { formatTime } from '../api/time.js';
import type { Pod, PodCondition } from '../api/types/core-v1.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { ResourceClient } from '../client/types.js';

/** Writes what the scheduler says in pods' status, and only when it is something new. */
export class StatusWriter {
  constructor(
    private readonly pods: ResourceClient<Pod>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Sets a condition and, where given, the nominated node ('' takes it away). */
  async write(pod: Pod, condition: PodCondition, nominatedNodeName?: string): Promise<void> {
    const present = pod.status?.conditions?.find(({ type }) => type === condition.type);
    const sameCondition = present?.status === condition.status && present.reason === condition.reason && present.message === condition.message;
    const sameNomination = nominatedNodeName === undefined || nominatedNodeName === (pod.status?.nominatedNodeName ?? '');
    if (sameCondition && sameNomination) return;
    const lastTransitionTime = present?.status === condition.status && present.lastTransitionTime ? present.lastTransitionTime : formatTime(this.clock.now());
    const conditions = sameCondition ? undefined : [{ ...condition, lastProbeTime: null, lastTransitionTime, observedGeneration: pod.metadata.generation }];
    await this.patch(pod, { ...(conditions ? { conditions } : {}), ...(sameNomination ? {} : { nominatedNodeName: nominatedNodeName || null }) });
  }

  /** Says which node a pod is meant for; undefined takes it back. */
  async nominate(pod: Pod, node: string | undefined): Promise<void> {
    await this.patch(pod, { nominatedNodeName: node ?? null });
  }

  /** Sets a condition of a pod that need not be in the queue; false when the pod has gone. */
  async setCondition(pod: Pod, condition: PodCondition): Promise<boolean> {
    const { name, namespace, uid, generation } = pod.metadata;
    const conditions = [{ ...condition, lastTransitionTime: formatTime(this.clock.now()), observedGeneration: generation }];
    try {
      await this.pods.patch({ name, namespace, subresource: 'status' }, { type: 'strategic', body: { metadata: { uid }, status: { conditions } } });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return false;
      throw error;
    }
  }

  private async patch({ metadata }: Pod, status: object): Promise<void> {
    const { name, namespace, uid } = metadata;
    try {
      await this.pods.patch({ name, namespace, subresource: 'status' }, { type: 'strategic', body: { metadata: { uid }, status } });
    } catch (error) {
      if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) this.logger.warn({ err: error }, 'cannot write what the scheduler found');
    }
  }
}
