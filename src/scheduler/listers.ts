import type { PodDisruptionBudget } from '../api/types/policy-v1.js';
import type { ReplicaSet, StatefulSet } from '../api/types/apps-v1.js';
import type { Namespace, ReplicationController, Service } from '../api/types/core-v1.js';
import type { CSINode, VolumeAttachment } from '../api/types/storage-v1.js';
import type { Informers } from '../client/informers.js';
import type { Lister } from '../client/informer.js';

/** What plugins look up besides nodes and pods. */
export interface Listers {
  readonly namespaces: Lister<Namespace>;
  readonly services: Lister<Service>;
  readonly replicationControllers: Lister<ReplicationController>;
  readonly replicaSets: Lister<ReplicaSet>;
  readonly statefulSets: Lister<StatefulSet>;
  readonly disruptionBudgets: Lister<PodDisruptionBudget>;
  readonly csiNodes: Lister<CSINode>;
  /** Indexed by `node`. */
  readonly volumeAttachments: Lister<VolumeAttachment>;
}

export function listersOf(informers: Informers): Listers {
  const services = informers.for<Service>({ group: '', version: 'v1', resource: 'services' });
  services.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
  const volumeAttachments = informers.for<VolumeAttachment>({ group: 'storage.k8s.io', version: 'v1', resource: 'volumeattachments' });
  volumeAttachments.addIndex('node', ({ spec }) => [spec.nodeName]);
  return {
    namespaces: informers.for<Namespace>({ group: '', version: 'v1', resource: 'namespaces' }),
    services,
    replicationControllers: informers.for<ReplicationController>({ group: '', version: 'v1', resource: 'replicationcontrollers' }),
    replicaSets: informers.for<ReplicaSet>({ group: 'apps', version: 'v1', resource: 'replicasets' }),
    statefulSets: informers.for<StatefulSet>({ group: 'apps', version: 'v1', resource: 'statefulsets' }),
    disruptionBudgets: informers.for<PodDisruptionBudget>({ group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' }),
    csiNodes: informers.for<CSINode>({ group: 'storage.k8s.io', version: 'v1', resource: 'csinodes' }),
    volumeAttachments,
  };
}
