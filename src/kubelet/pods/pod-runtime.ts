import type { Container } from '../../api/types/core-v1.js';
import type { ContainerRuntime, PodSandbox, PodSandboxConfig, RuntimeContainerStatus } from '../runtime.js';
import type { PodRuntimeStatus } from './runtime-status.js';

const MAX_MESSAGE = 4096;
/** What is taken of the log when a container left no message and asks for it. */
const MAX_LOG_LINES = 80;
const MAX_LOG_BYTES = 2048;

/** One pod as its runtime sees it: the sandboxes and containers made for it, newest first. */
export class PodRuntime {
  /** What ended containers left as their termination message, by id. */
  readonly messages = new Map<string, string>();
  private readonly sandboxes: string[] = [];
  private readonly containers: Array<{ readonly id: string; readonly image: string }> = [];

  constructor(
    private readonly cri: ContainerRuntime,
    readonly podUid: string,
  ) {}

  get sandbox(): PodSandbox | undefined {
    const [newest] = this.sandboxes;
    return newest === undefined ? undefined : this.cri.podSandbox(newest);
  }

  get ip(): string {
    return this.sandbox?.ip ?? '';
  }

  async createSandbox(config: Omit<PodSandboxConfig, 'attempt'>): Promise<PodSandbox> {
    const sandbox = await this.cri.runPodSandbox({ ...config, attempt: this.sandboxes.length });
    this.sandboxes.unshift(sandbox.id);
    return sandbox;
  }

  add(id: string, image: string): void {
    this.containers.unshift({ id, image });
  }

  status(): PodRuntimeStatus {
    const containers = this.containers.flatMap(({ id }) => this.cri.containerStatus(id) ?? []);
    return { sandbox: this.sandbox, containers };
  }

  running(): readonly RuntimeContainerStatus[] {
    return this.status().containers.filter((c) => c.state === 'running');
  }

  /** The image a container was started from, as the spec named it then. */
  imageOf(id: string): string | undefined {
    return this.containers.find((c) => c.id === id)?.image;
  }

  /** Reads what containers that have ended left to say (terminationMessagePath and -Policy). */
  async readTerminationMessages(specOf: (name: string) => Container | undefined): Promise<void> {
    for (const { id, name, state, exitCode } of this.status().containers) {
      if (state !== 'exited' || this.messages.has(id)) continue;
      const spec = specOf(name);
      let message = await this.cri.readFile(id, spec?.terminationMessagePath ?? '/dev/termination-log', MAX_MESSAGE);
      if (!message && spec?.terminationMessagePolicy === 'FallbackToLogsOnError' && exitCode !== 0) message = this.logTail(id);
      this.messages.set(id, message ?? '');
    }
  }

  async remove(): Promise<void> {
    for (const id of this.sandboxes) await this.cri.removePodSandbox(id);
    this.sandboxes.length = 0;
    this.containers.length = 0;
    this.messages.clear();
  }

  private logTail(id: string): string {
    const log = this.cri.logs(id);
    if (!log) return '';
    let text = '';
    for (let at = Math.max(log.first, log.end - MAX_LOG_LINES); at < log.end; at++) {
      const entry = log.at(at);
      if (entry) text += `${entry.data.toString()}${entry.partial ? '' : '\n'}`;
    }
    return text.slice(-MAX_LOG_BYTES);
  }
}
