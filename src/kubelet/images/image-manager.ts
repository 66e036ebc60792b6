import { formatDuration } from '../../api/time.js';
import type { Container, Pod, Secret } from '../../api/types/core-v1.js';
import type { Clock } from '../../base/clock.js';
import { RuntimeError, type ImageService, type ImageStatus } from '../runtime.js';
import { BackOff } from '../sync/back-off.js';
import { StartError } from '../sync/start-error.js';
import { withDefaultTag } from './image-reference.js';
import { credentialsFor } from './pull-secrets.js';

const INITIAL_BACK_OFF_MS = 10_000;
const MAX_BACK_OFF_MS = 300_000;
/** A failed pull shows as such for a moment, then as waiting for the next. */
const SHOW_FAILURE_MS = 1000;
/** While waiting, the pod is looked at (and the event repeated) so often. */
const SHOW_WAIT_MS = 12_000;

type Report = (type: 'Normal' | 'Warning', reason: string, message: string) => void;
/** Waits where a pull is to take its time; resolves with why it fails, if it shall. */
type BeforePull = () => Promise<string | undefined>;

interface PullRequest {
  readonly key: string;
  readonly image: string;
  /** With its tag or digest. */
  readonly name: string;
  readonly pullSecrets: readonly Secret[];
  readonly report: Report;
  readonly beforePull: BeforePull;
}

/** Sees to it that containers' images are on the node, by their pull policies, with the kubelet's events and back-off. */
export class ImageManager {
  private readonly backOff: BackOff;
  private readonly failures = new Map<string, string>();

  constructor(
    private readonly clock: Clock,
    private readonly images: ImageService,
    /** An image was pulled. */
    private readonly onPulled: () => void = () => {},
  ) {
    this.backOff = new BackOff(clock, INITIAL_BACK_OFF_MS, MAX_BACK_OFF_MS);
  }

  /** The image of a container, pulled where needed. Throws StartError with the container's waiting reason. */
  async ensure(pod: Pod, container: Container, pullSecrets: readonly Secret[], report: Report, beforePull: BeforePull = () => Promise.resolve(undefined)): Promise<ImageStatus> {
    const image = container.image ?? '';
    const quoted = JSON.stringify(image);
    let name: string;
    try {
      name = withDefaultTag(image);
    } catch (error) {
      const message = `Failed to apply default image tag ${quoted}: ${error instanceof Error ? error.message : String(error)}`;
      report('Warning', 'InspectFailed', message);
      throw new StartError('InvalidImageName', message);
    }
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    const present = policy === 'Always' ? undefined : this.images.status(name);
    if (present) {
      report('Normal', 'Pulled', `Container image ${quoted} already present on machine and can be accessed by the pod`);
      return present;
    }
    if (policy === 'Never') {
      const message = `Container image ${quoted} is not present with pull policy of Never`;
      report('Warning', 'ErrImageNeverPull', message);
      throw new StartError('ErrImageNeverPull', message);
    }
    return this.pull({ key: `${pod.metadata.uid}_${image}`, image, name, pullSecrets, report, beforePull });
  }

  forget(podUid: string): void {
    this.backOff.forget(`${podUid}_`);
    for (const key of this.failures.keys()) if (key.startsWith(`${podUid}_`)) this.failures.delete(key);
  }

  private async pull({ key, image, name, pullSecrets, report, beforePull }: PullRequest): Promise<ImageStatus> {
    const quoted = JSON.stringify(image);
    const wait = this.backOff.remaining(key);
    if (wait > 0) {
      const message = `Back-off pulling image ${quoted}`;
      report('Normal', 'BackOff', message);
      const before = this.failures.get(key);
      throw new StartError('ImagePullBackOff', before === undefined ? message : `${message}: ${before}`, this.clock.now() + Math.min(wait, SHOW_WAIT_MS));
    }
    this.failures.delete(key);
    report('Normal', 'Pulling', `Pulling image ${quoted}`);
    const startedAt = this.clock.now();
    try {
      const failure = await beforePull();
      if (failure !== undefined) throw new RuntimeError(failure);
      const status = await this.images.pull(name, credentialsFor(name, pullSecrets));
      const took = formatDuration(this.clock.now() - startedAt);
      this.onPulled();
      report('Normal', 'Pulled', `Successfully pulled image ${quoted} in ${took} (${took} including waiting). Image size: ${status.sizeBytes} bytes.`);
      return status;
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      report('Warning', 'Failed', `Failed to pull image ${quoted}: ${error.message}`);
      this.backOff.next(key, this.clock.now());
      const unavailable = error.reason === 'RegistryUnavailable';
      const reason = unavailable ? 'RegistryUnavailable' : 'ErrImagePull';
      const message = unavailable ? `image pull failed for ${image} because the registry is unavailable: ${error.message}` : error.message;
      this.failures.set(key, `${reason}: ${message}`);
      throw new StartError(reason, message, this.clock.now() + SHOW_FAILURE_MS);
    }
  }
}
