import kubette = require('kubette');
import { createCluster, StorageError, type Cluster } from 'kubette';

export async function use(): Promise<void> {
  const cluster: Cluster = await createCluster({ nodes: 0 });
  const same: kubette.Cluster = cluster;
  const deployment = await same.until('deploy/web', (it) => it?.status?.readyReplicas === 2);
  const replicas: number | undefined = deployment.spec?.replicas;
  if (new Error() instanceof StorageError) throw new kubette.ApiError(500, '', String(replicas));
  await cluster.stop();
}
