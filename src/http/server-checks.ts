import { X509Certificate } from 'node:crypto';
import type { HealthCheck } from './health.js';

export interface ServerChecksOptions {
  /** Throws when the store does not answer. */
  readonly readStore: () => void;
  /** Whether the objects that every cluster has from the start are there. */
  readonly isStarted: () => boolean;
  /** The certificate that the server shows, in PEM. */
  readonly certificate: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What kube-apiserver does once it listens, in the order of its checks. Here it is one start-up that does all of it. */
const POST_START_HOOKS = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'peer-endpoint-reconciler-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'storage-readiness',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
];
const OPENAPI_HOOKS = ['apiservice-openapi-controller', 'apiservice-openapiv3-controller'];

/** The checks of kube-apiserver v1.36 beside `ping`, `log` and `shutdown`, by its names and in its order. */
export function serverChecks({ readStore, isStarted, certificate, now }: ServerChecksOptions): HealthCheck[] {
  const started = (): void => {
    if (!isStarted()) throw new Error('not finished');
  };
  const certified = (): void => {
    if (Date.parse(new X509Certificate(certificate).validTo) <= now()) throw new Error('loopback serving certificate is expired');
  };
  const hook = (name: string): HealthCheck => ({ name: `poststarthook/${name}`, check: started });
  return [
    { name: 'loopback-serving-certificate', endpoints: ['healthz', 'livez'], check: certified },
    { name: 'etcd', check: readStore },
    { name: 'etcd-readiness', endpoints: ['readyz'], check: readStore },
    { name: 'informer-sync', endpoints: ['readyz'], check: started },
    ...POST_START_HOOKS.map(hook),
    { name: 'autoregister-completion', check: started },
    ...OPENAPI_HOOKS.map(hook),
  ];
}
