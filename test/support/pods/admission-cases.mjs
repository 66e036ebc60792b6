// Objects that decide on pods (limit ranges, accounts, classes) and the pods they decide on, for record.mjs.
// `cluster` objects are made for the time of the recording; names carry the recorder's own prefix.

const pod = (name, spec = {}, metadata = {}) => ({ path: 'pods', object: { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } } });
const sized = (name, requests, limits, more = {}) => pod(name, { containers: [{ name: 'c', image: 'i', resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) } }], ...more });
const claim = (name, storage) => ({ path: 'persistentvolumeclaims', object: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } } } });

/** @type {ReadonlyArray<readonly [string, { readonly metadata: { readonly name: string } }]>} */
export const clusterObjects = [
  ['apis/scheduling.k8s.io/v1/priorityclasses', { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'pods-recorder-high' }, value: 1000, preemptionPolicy: 'Never' }],
  ['apis/node.k8s.io/v1/runtimeclasses', { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'pods-recorder-rc' }, handler: 'h', overhead: { podFixed: { cpu: '100m', memory: '10Mi' } }, scheduling: { nodeSelector: { rc: 'yes' }, tolerations: [{ key: 'rc', operator: 'Exists', effect: 'NoSchedule' }, { operator: 'Exists', key: 'node.kubernetes.io/not-ready' }] } }],
];

/** @type {ReadonlyArray<readonly [string, { readonly metadata: { readonly name: string } }]>} */
export const namespacedObjects = [
  ['limitranges', { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'lr' }, spec: { limits: [{ type: 'Container', default: { cpu: '300m', memory: '200Mi' }, defaultRequest: { cpu: '100m' }, max: { cpu: '1', memory: '1Gi' }, min: { cpu: '50m' }, maxLimitRequestRatio: { cpu: '4' } }, { type: 'Pod', max: { cpu: '2' } }, { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } }] } }],
  ['serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'quiet' }, automountServiceAccountToken: false, imagePullSecrets: [{ name: 'pull' }] }],
  ['serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'strict', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } }, secrets: [{ name: 'ok' }] }],
];

const secretVolume = (secretName) => [{ name: 'v', secret: { secretName } }];
export const admissionCases = [
  ['limits by default', pod('a')],
  ['limits by default for two containers and an init container', pod('a', { containers: [{ name: 'x', image: 'i' }, { name: 'y', image: 'i', resources: { limits: { cpu: '200m' } } }], initContainers: [{ name: 'z', image: 'i' }] })],
  ['a limit above the maximum', sized('a', undefined, { cpu: '3' })],
  ['a request below the minimum', sized('a', { cpu: '10m' })],
  ['a ratio that is too high', sized('a', { cpu: '100m' }, { cpu: '900m' })],
  ['many bounds at once', sized('a', { cpu: '10m', memory: '2Gi' }, { cpu: '5', memory: '2Gi' })],
  ['containers that are too many together', pod('a', { containers: ['x', 'y', 'z'].map((name) => ({ name, image: 'i', resources: { requests: { cpu: '900m' }, limits: { cpu: '900m' } } })) })],
  ['a claim that is too big', claim('a', '5Gi')],
  ['a claim that is too small', claim('a', '1Mi')],
  ['a claim that fits', claim('a', '1Gi')],
  ['an account without token and with pull secrets', pod('a', { serviceAccountName: 'quiet' })],
  ['an account without token for a pod that wants it', pod('a', { serviceAccountName: 'quiet', automountServiceAccountToken: true, imagePullSecrets: [{ name: 'own' }] })],
  ['a secret that the account lists', pod('a', { serviceAccountName: 'strict', volumes: secretVolume('ok') })],
  ['a secret that it does not list', pod('a', { serviceAccountName: 'strict', volumes: secretVolume('bad') })],
  ['a secret in the environment that it does not list', pod('a', { serviceAccountName: 'strict', containers: [{ name: 'c', image: 'i', env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'bad', key: 'k' } } }] }] })],
  ['a secret from which it does not list', pod('a', { serviceAccountName: 'strict', initContainers: [{ name: 'i', image: 'i', envFrom: [{ secretRef: { name: 'bad' } }] }] })],
  ['a pull secret that it does not list', pod('a', { serviceAccountName: 'strict', imagePullSecrets: [{ name: 'bad' }] })],
  ['a mirror pod with an account', pod('a', { nodeName: 'n', serviceAccountName: 'quiet' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } })],
  ['a mirror pod with a secret', pod('a', { nodeName: 'n', volumes: secretVolume('s') }, { annotations: { 'kubernetes.io/config.mirror': 'x' } })],
  ['a mirror pod', pod('a', { nodeName: 'n' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } })],
  ['a priority class', pod('a', { priorityClassName: 'pods-recorder-high' })],
  ['a priority class and its value', pod('a', { priorityClassName: 'pods-recorder-high', priority: 1000 })],
  ['a priority class and another value', pod('a', { priorityClassName: 'pods-recorder-high', priority: 5 })],
  ['a priority class and another policy', pod('a', { priorityClassName: 'pods-recorder-high', preemptionPolicy: 'PreemptLowerPriority' })],
  ['a runtime class', pod('a', { runtimeClassName: 'pods-recorder-rc', nodeSelector: { x: 'y' } })],
  ['a runtime class and its overhead', pod('a', { runtimeClassName: 'pods-recorder-rc', overhead: { cpu: '0.1', memory: '10Mi' } })],
  ['a runtime class and another overhead', pod('a', { runtimeClassName: 'pods-recorder-rc', overhead: { cpu: '1' } })],
  ['a runtime class against the node selector', pod('a', { runtimeClassName: 'pods-recorder-rc', nodeSelector: { rc: 'no' } })],
];
