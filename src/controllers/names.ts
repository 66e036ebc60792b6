/**
 * kube-controller-manager's controllers with the short names they had before 1.27
 * (k8s.io/kubernetes/cmd/kube-controller-manager/names). Its flags take either.
 */
const SHORT_NAMES: Readonly<Record<string, readonly string[]>> = {
  'bootstrap-signer-controller': ['bootstrapsigner'],
  'certificatesigningrequest-approving-controller': ['csrapproving'],
  'certificatesigningrequest-cleaner-controller': ['csrcleaner'],
  'certificatesigningrequest-signing-controller': ['csrsigning'],
  'cloud-node-lifecycle-controller': ['cloud-node-lifecycle'],
  'clusterrole-aggregation-controller': ['clusterrole-aggregation'],
  'cronjob-controller': ['cronjob'],
  'daemonset-controller': ['daemonset'],
  'deployment-controller': ['deployment'],
  'device-taint-eviction-controller': [],
  'disruption-controller': ['disruption'],
  'endpoints-controller': ['endpoint'],
  'endpointslice-controller': ['endpointslice'],
  'endpointslice-mirroring-controller': ['endpointslicemirroring'],
  'ephemeral-volume-controller': ['ephemeral-volume'],
  'garbage-collector-controller': ['garbagecollector'],
  'horizontal-pod-autoscaler-controller': ['horizontalpodautoscaling'],
  'job-controller': ['job'],
  'kube-apiserver-serving-clustertrustbundle-publisher-controller': [],
  'legacy-serviceaccount-token-cleaner-controller': ['legacy-service-account-token-cleaner'],
  'namespace-controller': ['namespace'],
  'node-ipam-controller': ['nodeipam'],
  'node-lifecycle-controller': ['nodelifecycle'],
  'node-route-controller': ['route'],
  'persistentvolume-attach-detach-controller': ['attachdetach'],
  'persistentvolume-binder-controller': ['persistentvolume-binder'],
  'persistentvolume-expander-controller': ['persistentvolume-expander'],
  'persistentvolume-protection-controller': ['pv-protection'],
  'persistentvolumeclaim-protection-controller': ['pvc-protection'],
  'pod-garbage-collector-controller': ['podgc'],
  'podcertificaterequest-cleaner-controller': [],
  'podgroup-protection-controller': [],
  'replicaset-controller': ['replicaset'],
  'replicationcontroller-controller': ['replicationcontroller'],
  'resourceclaim-controller': ['resource-claim-controller'],
  'resourcepoolstatusrequest-controller': [],
  'resourcequota-controller': ['resourcequota'],
  'root-ca-certificate-publisher-controller': ['root-ca-cert-publisher'],
  'selinux-warning-controller': [],
  'service-cidr-controller': [],
  'service-lb-controller': ['service'],
  'serviceaccount-controller': ['serviceaccount'],
  'serviceaccount-token-controller': ['serviceaccount-token'],
  'statefulset-controller': ['statefulset'],
  'storage-version-migrator-controller': ['svm'],
  'storageversion-garbage-collector-controller': ['storage-version-gc'],
  'taint-eviction-controller': [],
  'token-cleaner-controller': ['tokencleaner'],
  'ttl-after-finished-controller': ['ttl-after-finished'],
  'ttl-controller': ['ttl'],
  'validatingadmissionpolicy-status-controller': [],
  'volumeattributesclass-protection-controller': [],
};

const byAnyName = new Map(Object.entries(SHORT_NAMES).flatMap(([name, short]) => [name, ...short].map((any) => [any, name] as const)));

/** The full name behind a full or short one of kube-controller-manager's; undefined for what it does not know. */
export function fullControllerName(name: string): string | undefined {
  return byAnyName.get(name);
}
