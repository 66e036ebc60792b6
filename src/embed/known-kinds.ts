import type { AnyObject } from '../api/object.js';
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../api/types/apps-v1.js';
import type { CronJob, Job } from '../api/types/batch-v1.js';
import type { Lease } from '../api/types/coordination-v1.js';
import type { ConfigMap, Endpoints, Event, Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, ResourceQuota, Secret, Service, ServiceAccount } from '../api/types/core-v1.js';
import type { EndpointSlice } from '../api/types/discovery-v1.js';
import type { Ingress, NetworkPolicy } from '../api/types/networking-v1.js';
import type { PodDisruptionBudget } from '../api/types/policy-v1.js';

/** Types by the names that references use; for all other kinds an object of any shape. */
export interface KnownKinds {
  configmap: ConfigMap; configmaps: ConfigMap; cm: ConfigMap;
  cronjob: CronJob; cronjobs: CronJob; cj: CronJob;
  daemonset: DaemonSet; daemonsets: DaemonSet; ds: DaemonSet;
  deployment: Deployment; deployments: Deployment; deploy: Deployment; 'deployments.apps': Deployment;
  endpoints: Endpoints; ep: Endpoints;
  endpointslice: EndpointSlice; endpointslices: EndpointSlice;
  event: Event; events: Event;
  ingress: Ingress; ingresses: Ingress; ing: Ingress;
  job: Job; jobs: Job;
  lease: Lease; leases: Lease;
  namespace: Namespace; namespaces: Namespace; ns: Namespace;
  networkpolicy: NetworkPolicy; networkpolicies: NetworkPolicy; netpol: NetworkPolicy;
  node: Node; nodes: Node; no: Node;
  persistentvolume: PersistentVolume; persistentvolumes: PersistentVolume; pv: PersistentVolume;
  persistentvolumeclaim: PersistentVolumeClaim; persistentvolumeclaims: PersistentVolumeClaim; pvc: PersistentVolumeClaim;
  pod: Pod; pods: Pod; po: Pod;
  poddisruptionbudget: PodDisruptionBudget; poddisruptionbudgets: PodDisruptionBudget; pdb: PodDisruptionBudget;
  replicaset: ReplicaSet; replicasets: ReplicaSet; rs: ReplicaSet;
  resourcequota: ResourceQuota; resourcequotas: ResourceQuota; quota: ResourceQuota;
  secret: Secret; secrets: Secret;
  service: Service; services: Service; svc: Service;
  serviceaccount: ServiceAccount; serviceaccounts: ServiceAccount; sa: ServiceAccount;
  statefulset: StatefulSet; statefulsets: StatefulSet; sts: StatefulSet;
}

/** The type of what a reference names: `pod/web` is a Pod. */
export type Referred<R> = R extends `${infer Type}/${string}` ? (Lowercase<Type> extends keyof KnownKinds ? KnownKinds[Lowercase<Type>] : AnyObject) : R extends { metadata: object } ? R : AnyObject;
