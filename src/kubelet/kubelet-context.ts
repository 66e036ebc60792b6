import type { Logger } from '../base/logger.js';
import { sleep, type Clock } from '../base/clock.js';
import type { Ids } from '../base/ids.js';
import type { Pod } from '../api/types/core-v1.js';
import type { EventRecorder } from '../client/recorder.js';
import type { EnvironmentSources } from './env/environment.js';
import type { PodFacts } from './env/field-path.js';
import type { ImageManager } from './images/image-manager.js';
import type { Refusal } from './pods/admission.js';
import type { PodNetwork } from './network/pod-network.js';
import type { KubeletApi } from './kubelet-api.js';
import type { ContainerRuntime } from './runtime.js';
import type { StageBook } from './stages/stage-book.js';
import type { BackOff } from './sync/back-off.js';
import type { VolumeRefresher } from './volumes/volume-refresher.js';

/** What the parts of one kubelet share. */
export interface KubeletContext {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly clusterDomain: string;
  readonly dnsIp: string;
  readonly clock: Clock;
  /** Aborts when the node is switched off. */
  readonly signal: AbortSignal;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly api: KubeletApi;
  readonly recorder: EventRecorder;
  readonly runtime: ContainerRuntime;
  readonly network: PodNetwork;
  readonly environment: EnvironmentSources;
  readonly images: ImageManager;
  readonly volumeRefresher: VolumeRefresher;
  /** Of containers that crash, by `podUid_container_…`. */
  readonly crashBackOff: BackOff;
  /** What shall happen to pods on demand. */
  readonly stages: StageBook;
  /** Why a pod that runs here cannot have the resources it asks for; undefined when it can. */
  readonly fits: (pod: Pod) => Refusal | undefined;
  readonly allocatable: () => Readonly<Record<string, string | number>>;
}

/** Waits for some cluster time; no longer than the node is on. */
export async function pause({ clock, signal }: Pick<KubeletContext, 'clock' | 'signal'>, ms: number): Promise<void> {
  await sleep(clock, ms, signal).catch(() => {});
}

/** What the downward API may tell a pod. */
export function podFacts(context: KubeletContext, podIp: string): PodFacts {
  return { podIp, hostIp: context.nodeIp, allocatable: context.allocatable() };
}

/** Records an event about a pod or one of its containers. */
export function podEvent(context: KubeletContext, pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
  context.recorder.record(pod, type, reason, message, fieldPath === undefined ? {} : { fieldPath });
}
