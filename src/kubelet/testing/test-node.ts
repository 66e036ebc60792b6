import type { Container, Event, Pod } from '../../api/types/core-v1.js';
import { FakeClock } from '../../base/fake-clock.js';
import { RandomIds } from '../../base/ids.js';
import { silentLogger } from '../../base/logger.js';
import { Informers } from '../../client/informers.js';
import { Kubelet } from '../kubelet.js';
import { PodNetwork } from '../network/pod-network.js';
import { nodeConfig, type NodeConfig } from '../node/node-config.js';
import { ImageRegistry, type Images } from '../runtimes/simulated/image-registry.js';
import { SimulatedRuntime } from '../runtimes/simulated/simulated-runtime.js';
import type { StageDeclaration } from '../stages/stage.js';
import { StageBook } from '../stages/stage-book.js';
import { FakeApi } from './fake-api.js';

const PODS = { group: '', version: 'v1', resource: 'pods' };

/** A node on a fake API server with a clock that stands still: what tests of the kubelet start from. */
export class TestNode {
  readonly clock = new FakeClock();
  readonly api = new FakeApi(this.clock);
  readonly network = new PodNetwork();
  readonly informers = new Informers(this.api, { clock: this.clock, logger: silentLogger });
  readonly kubelet: Kubelet;
  readonly config: NodeConfig;
  readonly stages: StageBook;

  constructor(options: { images?: Images; config?: Partial<NodeConfig>; stages?: readonly StageDeclaration[] } = {}) {
    const { clock, network } = this;
    const ids = new RandomIds();
    this.config = nodeConfig(0, options.config);
    this.stages = new StageBook(ids, options.stages);
    this.kubelet = new Kubelet({
      config: this.config, stages: this.stages, client: this.api, informers: this.informers, clock, ids, logger: silentLogger, network,
      runtime: () => new SimulatedRuntime({ clock, ids, network, podCidr: this.config.podCidr, nodeIp: this.config.ip, images: new ImageRegistry(options.images) }),
    });
  }

  async start(): Promise<this> {
    await this.informers.start();
    await this.kubelet.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.kubelet.stop();
    await this.informers.stop();
  }

  /** Creates a pod that is bound to the node. */
  async run(name: string, spec: Partial<Pod['spec']> & { containers: Container[] }, metadata: Partial<Pod['metadata']> = {}): Promise<Pod> {
    const pod: Pod = {
      apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', ...metadata },
      spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, nodeName: this.config.name, serviceAccountName: 'default', ...spec },
      status: { phase: 'Pending', qosClass: 'BestEffort', conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: this.api.time }] },
    };
    return this.api.resource<Pod>(PODS).create(pod);
  }

  async delete(name: string, gracePeriodSeconds?: number): Promise<void> {
    await this.api.resource<Pod>(PODS).delete({ name, namespace: 'default' }, { gracePeriodSeconds });
  }

  pod(name: string): Pod | undefined {
    return this.api.find('pods', name, 'default') as Pod | undefined;
  }

  /** `REASON: MESSAGE` of the events about an object, in order. */
  events(name: string): string[] {
    return (this.api.all('events') as Event[]).filter((e) => e.involvedObject.name === name).map((e) => `${e.reason}: ${e.message}`);
  }

  /** Waits until a condition holds, letting everything run that is due; the clock stands still. */
  async until<T>(what: () => T | undefined | false | null, timeoutMs = 5000): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = what();
      if (found) return found;
      if (performance.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${String(what)}`);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Moves the clock until a condition holds. */
  async untilLater<T>(what: () => T | undefined | false | null, limitMs = 600_000, stepMs = 500): Promise<T> {
    for (let passed = 0; passed <= limitMs; passed += stepMs) {
      for (let i = 0; i < 20; i++) {
        const found = what();
        if (found) return found;
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      await this.clock.advance(stepMs);
    }
    throw new Error(`not so within ${limitMs} ms of cluster time: ${String(what)}`);
  }
}

export function condition(pod: Pod | undefined, type: string): string | undefined {
  return pod?.status?.conditions?.find((c) => c.type === type)?.status;
}
