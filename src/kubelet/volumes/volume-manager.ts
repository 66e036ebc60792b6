import { deepEqual } from '../../base/freeze.js';
import type { Pod, Volume } from '../../api/types/core-v1.js';
import { podFacts, type KubeletContext } from '../kubelet-context.js';
import { volumeContent, VolumeError } from './volume-content.js';

/** First and longest pause between attempts to set a volume up. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 122_000;
/** Every so often a pod that still waits is told which volumes it waits for. */
const WAIT_TEXT_MS = 123_000;

/** The volumes of one pod: set up before its containers start, refreshed when what they are made of changes. */
export class VolumeManager {
  private readonly mounted = new Map<string, Volume>();
  private delayMs = FIRST_RETRY_MS;
  private waitingSince: number | undefined;

  constructor(private readonly context: KubeletContext) {}

  /** Sets all volumes up. Resolves with undefined when done, else with the milliseconds after which to try again. */
  async ensure(pod: Pod, report: (type: 'Warning', reason: string, message: string) => void): Promise<number | undefined> {
    const missing: string[] = [];
    const problems: string[] = [];
    for (const volume of pod.spec.volumes ?? []) {
      if (deepEqual(this.mounted.get(volume.name), volume)) continue;
      try {
        await this.mount(pod, volume);
      } catch (error) {
        if (!(error instanceof VolumeError)) throw error;
        missing.push(volume.name);
        if (error.setUp) report('Warning', 'FailedMount', `MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${error.message}`);
        else problems.push(error.message);
      }
    }
    if (missing.length === 0) {
      this.delayMs = FIRST_RETRY_MS;
      this.waitingSince = undefined;
      return undefined;
    }
    const now = this.context.clock.now();
    this.waitingSince ??= now;
    if (problems.length > 0 || now - this.waitingSince >= WAIT_TEXT_MS) {
      const why = problems.length > 0 ? problems.join(', ') : 'context deadline exceeded';
      report('Warning', 'FailedMount', `Unable to attach or mount volumes: unmounted volumes=[${missing.join(' ')}], unattached volumes=[], failed to process volumes=[${problems.length > 0 ? missing.join(' ') : ''}]: ${why}`);
      this.waitingSince = now;
    }
    const delay = this.delayMs;
    this.delayMs = Math.min(delay * 2, MAX_RETRY_MS);
    return delay;
  }

  /** Gathers the files of one volume anew, e.g. after its ConfigMap has changed. */
  async refresh(pod: Pod, volume: Volume, podIp: string): Promise<void> {
    if (this.mounted.has(volume.name)) await this.mount(pod, volume, podIp);
  }

  async release(podUid: string): Promise<void> {
    this.mounted.clear();
    await this.context.runtime.volumes.unmountAll(podUid);
  }

  private async mount(pod: Pod, volume: Volume, podIp = ''): Promise<void> {
    const content = await volumeContent(pod, volume, podFacts(this.context, podIp || (pod.status?.podIP ?? '')), this.context.api);
    await this.context.runtime.volumes.mount(pod.metadata.uid ?? '', volume.name, content);
    this.mounted.set(volume.name, volume);
  }
}
