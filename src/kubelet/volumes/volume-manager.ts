import { timeMs } from '../../api/time.js';
import type { Pod, Volume } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import { podFacts, type KubeletContext } from '../kubelet-context.js';
import { RuntimeError } from '../runtime.js';
import { volumeContent, VolumeError, type VolumeSources } from './volume-content.js';
import { volumeReferences } from './volume-refresher.js';

/** First and longest pause between attempts to set a volume up. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 122_000;
/** Every so often a pod that still waits is told which volumes it waits for. */
const WAIT_TEXT_MS = 123_000;
/** A token is replaced when this part of its life is over, or after a day. */
const TOKEN_LIFE = 0.8;
const MAX_TOKEN_AGE_MS = 86_400_000;

type Report = (type: 'Warning', reason: string, message: string) => void;

/** The volumes of one pod: set up before its containers start, refreshed when what they are made of changes. */
export class VolumeManager {
  /** What each mounted volume was made from. */
  private readonly mounted = new Map<string, { readonly volume: Volume; readonly metadata: Pod['metadata']; readonly tokenAt: number | undefined }>();
  private delayMs = FIRST_RETRY_MS;
  private waitingSince: number | undefined;

  constructor(
    private readonly context: KubeletContext,
    /** The pod as it is now. */
    private readonly pod: () => Pod,
    private readonly report: Report,
  ) {}

  /** Sets all volumes up. Resolves with undefined when done, else with the milliseconds after which to try again. */
  async ensure(podIp: string): Promise<number | undefined> {
    const missing: string[] = [];
    const problems: string[] = [];
    let changed = false;
    for (const volume of this.pod().spec.volumes ?? []) {
      if (this.isCurrent(volume)) continue;
      changed = true;
      try {
        await this.mount(volume, podIp);
      } catch (error) {
        if (!(error instanceof VolumeError)) throw error;
        missing.push(volume.name);
        if (error.setUp) this.failed(volume, error);
        else problems.push(error.message);
      }
    }
    if (missing.length === 0) {
      this.delayMs = FIRST_RETRY_MS;
      this.waitingSince = undefined;
      if (changed) this.subscribe(podIp);
      return undefined;
    }
    const now = this.context.clock.now();
    this.waitingSince ??= now;
    if (problems.length > 0 || now - this.waitingSince >= WAIT_TEXT_MS) {
      const why = problems.length > 0 ? problems.join(', ') : 'context deadline exceeded';
      this.report('Warning', 'FailedMount', `Unable to attach or mount volumes: unmounted volumes=[${missing.join(' ')}], unattached volumes=[], failed to process volumes=[${problems.length > 0 ? missing.join(' ') : ''}]: ${why}`);
      this.waitingSince = now;
    }
    const delay = this.delayMs;
    this.delayMs = Math.min(delay * 2, MAX_RETRY_MS);
    return delay;
  }

  async release(): Promise<void> {
    const uid = this.pod().metadata.uid ?? '';
    this.context.volumeRefresher.unsubscribe(uid);
    this.mounted.clear();
    await this.context.runtime.volumes.unmountAll(uid);
  }

  /** Gathers the files of all volumes anew; one that fails keeps the files it has. */
  private async refresh(podIp: string): Promise<void> {
    for (const { volume } of this.mounted.values()) {
      if (!isGathered(volume)) continue;
      try {
        await this.mount(volume, podIp);
      } catch (error) {
        if (!(error instanceof VolumeError)) throw error;
        this.failed(volume, error);
      }
    }
    this.subscribe(podIp);
  }

  private subscribe(podIp: string): void {
    const { metadata, spec } = this.pod();
    const references = (spec.volumes ?? []).flatMap((volume) => volumeReferences(metadata.namespace ?? '', volume));
    const tokens = [...this.mounted.values()].flatMap(({ tokenAt }) => tokenAt ?? []);
    if (references.length + tokens.length === 0) return;
    this.context.volumeRefresher.subscribe(metadata.uid ?? '', {
      references,
      tokenAt: tokens.length > 0 ? Math.min(...tokens) : undefined,
      refresh: () => {
        this.refresh(podIp).catch((error: unknown) => this.context.logger.warn({ pod: metadata.name, error: String(error) }, 'cannot refresh the volumes'));
      },
    });
  }

  private isCurrent(volume: Volume): boolean {
    const known = this.mounted.get(volume.name);
    if (!known || !deepEqual(known.volume, volume)) return false;
    const { metadata } = this.pod();
    return !showsMetadata(volume) || (deepEqual(known.metadata.labels, metadata.labels) && deepEqual(known.metadata.annotations, metadata.annotations));
  }

  private async mount(volume: Volume, podIp: string): Promise<void> {
    const { context } = this;
    const pod = this.pod();
    let tokenAt: number | undefined;
    const { api, clock } = context;
    const sources: VolumeSources = {
      configMap: (namespace, name) => api.configMap(namespace, name),
      secret: (namespace, name) => api.secret(namespace, name),
      claim: (namespace, name) => api.claim(namespace, name),
      persistentVolume: (name) => api.persistentVolume(name),
      token: async (owner, audience, seconds) => {
        const answer = await api.token(owner, audience, seconds);
        const life = (timeMs(answer.expirationTimestamp) ?? clock.now() + seconds * 1000) - clock.now();
        tokenAt = Math.min(tokenAt ?? Number.POSITIVE_INFINITY, clock.now() + Math.min(life * TOKEN_LIFE, MAX_TOKEN_AGE_MS));
        return answer;
      },
    };
    const content = await volumeContent(pod, volume, podFacts(context, podIp || (pod.status?.podIP ?? '')), sources);
    await context.runtime.volumes.mount(pod.metadata.uid ?? '', volume.name, content).catch((error: unknown): never => {
      throw error instanceof RuntimeError ? new VolumeError(error.message) : error;
    });
    this.mounted.set(volume.name, { volume, metadata: pod.metadata, tokenAt });
  }

  private failed(volume: Volume, error: VolumeError): void {
    this.report('Warning', 'FailedMount', `MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${error.message}`);
  }
}

/** Whether a volume's files are gathered from objects. */
function isGathered({ configMap, secret, projected, downwardAPI }: Volume): boolean {
  return configMap !== undefined || secret !== undefined || projected !== undefined || downwardAPI !== undefined;
}

function showsMetadata({ downwardAPI, projected }: Volume): boolean {
  return downwardAPI !== undefined || (projected?.sources ?? []).some((source) => source.downwardAPI !== undefined);
}
