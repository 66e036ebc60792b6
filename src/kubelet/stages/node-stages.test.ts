import type { Lease } from '../../api/types/coordination-v1.js';
import type { Node } from '../../api/types/core-v1.js';
import { silentLogger } from '../../base/logger.js';
import { condition, TestNode } from '../testing/test-node.js';
import { NodeStages } from './node-stages.js';
import type { StageDeclaration } from './stage.js';

describe('stages of nodes', () => {
  let node: TestNode;
  let stages: NodeStages;
  const start = async (...declared: StageDeclaration[]): Promise<void> => {
    node = await new TestNode({ stages: declared }).start();
    stages = new NodeStages(node.stages, () => [node.kubelet], node.clock, silentLogger);
    stages.start();
  };
  afterEach(async () => {
    stages.stop();
    await node.stop();
    expect(node.clock.timers).toBe(0);
  });
  const renewed = (): string => (node.api.find('leases', 'node-0', 'kube-node-lease') as Lease).spec?.renewTime ?? '';
  const pressure = (): string | undefined => (node.api.find('nodes', 'node-0') as Node).status?.conditions?.find((c) => c.type === 'MemoryPressure')?.status;

  test('a node loses its network for a while: nobody hears of it, its pods run on', async () => {
    await start({ name: 'unplugged', nodes: { name: 'node-*' }, after: '60s', for: '100s', do: { network: 'lost' } });
    await node.run('p', { containers: [{ name: 'c', image: 'app' }] });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True');
    await node.clock.advance(60_000);
    const last = renewed();
    await node.clock.advance(90_000);
    expect(renewed()).toBe(last);
    await node.clock.advance(10_000);
    await node.until(() => renewed() > last);
    expect(node.pod('p')?.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  test('a kubelet stops and comes back; its containers are started again', async () => {
    await start({ name: 'power cut', nodes: {}, after: '5s', for: '20s', times: 1, do: { kubelet: 'stopped' } });
    await node.run('p', { containers: [{ name: 'c', image: 'app' }] });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True');
    await node.clock.advance(5000);
    await node.until(() => !node.kubelet.running);
    await node.clock.advance(20_000);
    await node.untilLater(() => node.pod('p')?.status?.containerStatuses?.[0]?.restartCount === 1 && condition(node.pod('p'), 'Ready') === 'True', 60_000);
  });

  test('pressure comes and goes with its stage; nodes that are not selected are left alone', async () => {
    await start({ name: 'elsewhere', nodes: { name: 'node-7' }, do: { kubelet: 'stopped' } });
    node.stages.set({ name: 'tight', nodes: { labels: { 'kubernetes.io/os': 'linux' } }, for: '30s', do: { pressure: 'memory' } });
    await node.clock.advance(1);
    await node.until(() => pressure() === 'True');
    await node.clock.advance(30_000);
    await node.until(() => pressure() === 'False');
    expect(node.kubelet.running).toBe(true);
    node.stages.set({ name: 'tight', nodes: {}, do: { pressure: 'memory' } });
    await node.clock.advance(1);
    await node.until(() => pressure() === 'True');
    node.stages.delete('tight');
    await node.until(() => pressure() === 'False');
  });
});
