import { ApiError, createCluster, FakeClock, Snapshot, SnapshotError, StorageError, type Cluster, type ClusterOptions, type FaultRule } from 'kubette';

const rule: FaultRule = { verb: ['create', 'update'], resource: 'pods', error: { code: 503, retryAfterSeconds: 1 }, times: 2 };
// @ts-expect-error a fault has no such field
const wrong: FaultRule = { eror: 500 };
const options: ClusterOptions = { nodes: 2, clock: new FakeClock(), recordRequests: 100 };

export async function use(): Promise<void> {
  const cluster: Cluster = await createCluster(options);
  const fault = cluster.faults.add(rule);
  const hits: number = fault.hits;
  const pod = await cluster.until('pod/web', (it) => it?.status?.phase === 'Running', { timeout: '5s' });
  const ip: string | undefined = pod.status?.podIP;
  // @ts-expect-error a Pod has no such field
  pod.status?.pahse;
  const widget = await cluster.until('widgets.example.com/a', (it) => it !== undefined);
  const anything: unknown = widget['spec'];
  await cluster.clock.advance('10m');
  const reply: Response = await cluster.request('/version');
  const snapshot: Snapshot = cluster.snapshot();
  await cluster.reset(snapshot);
  const bodies: unknown[] = cluster.requests({ status: '2*' }).map(({ body }) => body);
  const virtual: Cluster = await cluster.clusters.create('a', { nodes: 0 });
  await virtual.stop();
  for (const error of [ApiError, StorageError, SnapshotError]) void (new Error() instanceof error);
  void [hits, ip, anything, reply, bodies, wrong];
  await cluster[Symbol.asyncDispose]();
}
