import type { Duplex } from 'node:stream';
import { badRequest, internalError } from '../../api/errors.js';
import type { ExecOptions, ExecStreams, ExitStatus, LogOptions, NodeAgent, NodeStats } from '../../api/streams.js';
import type { Pod, PodStatus } from '../../api/types/core-v1.js';
import type { Clock } from '../../base/clock.js';
import type { PodWorker } from '../pods/pod-worker.js';
import { RuntimeError, type ContainerRuntime } from '../runtime.js';
import { joinStreams } from '../../base/join-streams.js';
import { logStream } from './log-stream.js';
import type { NodeStatsSource } from './node-stats.js';

/** Serves what the API server asks of a kubelet's port 10250, with the real kubelet's texts. */
export class KubeletAgent implements NodeAgent {
  constructor(
    private readonly clock: Clock,
    private readonly runtime: ContainerRuntime,
    private readonly worker: (pod: Pod) => PodWorker | undefined,
    private readonly usage: NodeStatsSource,
  ) {}

  stats(): NodeStats {
    return this.usage.sample();
  }

  logs(pod: Pod, options: LogOptions, signal: AbortSignal): AsyncIterable<Buffer> {
    const worker = this.worker(pod);
    if (!worker) throw badRequest(`pod ${JSON.stringify(pod.metadata.name)} cannot be found - no logs available`);
    const id = containerForLogs(pod.metadata.name, worker.status ?? {}, options);
    const log = this.runtime.logs(id);
    if (!log) throw badRequest(`unable to retrieve container logs for ${this.runtime.name}://${id}`);
    return logStream(log, options, this.clock.now(), signal);
  }

  async exec(pod: Pod, { container, command }: ExecOptions, streams: ExecStreams): Promise<ExitStatus> {
    const id = this.runningContainer(pod, container);
    try {
      return await this.runtime.exec(id, command, streams);
    } catch (error) {
      throw error instanceof RuntimeError ? internalError(`error executing command in container: ${error.message}`) : error;
    }
  }

  async attach(pod: Pod, container: string, streams: ExecStreams): Promise<ExitStatus> {
    const id = this.runningContainer(pod, container);
    try {
      return await this.runtime.attach(id, streams);
    } catch (error) {
      throw error instanceof RuntimeError ? internalError(`error attaching to container: ${error.message}`) : error;
    }
  }

  async portForward(pod: Pod, port: number, stream: Duplex): Promise<void> {
    const sandbox = this.worker(pod)?.runtime.sandbox;
    if (sandbox?.state !== 'ready') throw internalError(`unable to upgrade connection: pod not found (${JSON.stringify(`${pod.metadata.name}_${pod.metadata.namespace}`)})`);
    let connection: Duplex;
    try {
      connection = await this.runtime.portForward(sandbox.id, port);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      throw new Error(`error forwarding port ${port} to pod ${sandbox.id}, uid : ${error.message}`, { cause: error });
    }
    await joinStreams(connection, stream);
  }

  private runningContainer(pod: Pod, name: string): string {
    const found = this.worker(pod)?.runtime.running().find((c) => c.name === name);
    if (!found) throw internalError(`unable to upgrade connection: container not found (${JSON.stringify(name)})`);
    return found.id;
  }
}

/** The id of the container whose log is asked for. Throws ApiError 400 with the kubelet's reason why there is none. */
function containerForLogs(pod: string, status: PodStatus, { container, previous }: LogOptions): string {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? []), ...(status.ephemeralContainerStatuses ?? [])];
  const found = all.find((c) => c.name === container);
  const where = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod)}`;
  if (!found) throw badRequest(`${where} is not available`);
  const { state, lastState } = found;
  const last = lastState?.terminated?.containerID;
  const id = ((): string | undefined => {
    if (previous) {
      if (!last) throw badRequest(`previous terminated ${where} not found`);
      return last;
    }
    if (state?.running) return found.containerID;
    if (state?.terminated) return state.terminated.containerID || last;
    if (lastState?.terminated) return last;
    const reason = state?.waiting?.reason;
    if (!state?.waiting) throw badRequest(`${where} is waiting to start - no logs yet`);
    const why = reason === 'ErrImagePull' ? "image can't be pulled" : reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : (reason ?? '');
    throw badRequest(`${where} is waiting to start: ${why}`);
  })();
  if (!id) throw badRequest(`${where} is terminated`);
  return id.slice(id.indexOf('://') + 3);
}
