import { startCluster } from '../../src/start-cluster.js';
import { CLUSTER } from '../support/controllers/cluster.js';
import { WORKLOADS } from '../support/controllers/workloads.js';

/** They write nothing but Events. */
const TELL_ONLY = ['persistentvolume-expander-controller'];

test('every controller has a scenario', async () => {
  await using cluster = await startCluster({ nodes: 0 });
  const played = new Set([...TELL_ONLY, ...[...WORKLOADS, ...CLUSTER].map(({ controller }) => controller)]);
  expect(cluster.parts.workloads.controllers.names.filter((name) => !played.has(name))).toEqual([]);
});
