// Namespaces with quotas and what is asked of them, for record-quota.mjs. `live` writes are no dry runs: they change what is used.

const quota = (name, hard, spec = {}) => ['resourcequotas', { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec: { hard, ...spec } }];
const container = (name, requests, limits) => ({ name, image: 'i', resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) } });
const podObject = (metadata, containers, more = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers, ...more } });
const pod = (containers, more = {}, metadata = { name: 'a' }) => ({ method: 'POST', path: 'pods', body: podObject(metadata, containers, more) });
const make = (path, kind, spec, name = 'a') => ({ method: 'POST', path, body: { apiVersion: 'v1', kind, metadata: { name }, ...spec } });
const service = (spec, name) => make('services', 'Service', { spec: { ports: [{ name: 'x', port: 80 }, { name: 'y', port: 81 }], ...spec } }, name);
const claim = (storage, more = {}) => make('persistentvolumeclaims', 'PersistentVolumeClaim', { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...more } });
const patch = (path, body) => ({ method: 'PATCH', path, body });
const live = (one) => ({ ...one, live: true });

const full = (cpu = '100m', memory = '100Mi') => [container('c', { cpu, memory }, { cpu, memory })];
const twice = [container('x', { cpu: '600m', memory: '600Mi' }, { cpu: '1', memory: '700Mi' }), container('y', { cpu: '600m', memory: '600Mi' }, { cpu: '1', memory: '700Mi' })];
const crossNamespace = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', namespaces: ['other'], labelSelector: {} }] } } };

export const spaces = [
  {
    name: 'quota-compute',
    objects: [
      quota('compute', { 'requests.cpu': '1', 'requests.memory': '1Gi', 'limits.cpu': '2', 'limits.memory': '2Gi', pods: '3' }),
      ['pods', podObject({ name: 'p1' }, full('200m'))],
    ],
    cases: {
      'no resources': pod([{ name: 'c', image: 'i' }]),
      'requests alone': pod([container('c', { cpu: '100m', memory: '1Mi' })]),
      'several containers that miss several': pod([container('z', { cpu: '100m' }), container('b', { memory: '1Mi' })], { initContainers: [container('i', undefined, { cpu: '1' })] }),
      'resources of the pod': pod([{ name: 'c', image: 'i' }], { resources: { requests: { cpu: '100m' }, limits: { cpu: '200m' } } }),
      'too many resources of the pod': pod([{ name: 'c', image: 'i' }], { resources: { requests: { cpu: '1' }, limits: { cpu: '2' } } }),
      'too much of one': pod(full('900m')),
      'too much of several': pod(twice),
      'too much in an init container': pod(full(), { initContainers: [container('i', { cpu: '3', memory: '1Mi' }, { cpu: '3', memory: '1Mi' })] }),
      'a sidecar': pod(full('500m'), { initContainers: [{ ...container('i', { cpu: '400m', memory: '1Mi' }, { cpu: '400m', memory: '1Mi' }), restartPolicy: 'Always' }] }),
      'what fits': pod(full()),
      'a generated name': pod(full('5'), {}, { generateName: 'gen-' }),
      'odd amounts': pod([container('c', { cpu: '0.9000', memory: '1.5Mi' }, { cpu: '3', memory: '1000000' })].map((c) => ({ ...c, resources: { ...c.resources, limits: { cpu: '3', memory: '2Gi' } } }))),
      'a new label': patch('pods/p1', { metadata: { labels: { a: 'b' } } }),
      'a deadline': patch('pods/p1', { spec: { activeDeadlineSeconds: 10 } }),
      'the first that stays': live(pod(full('300m'), {}, { name: 'l1' })),
      'one that is too big now': live(pod(full('500m'), {}, { name: 'l2' })),
      'the last pod': live(pod(full('10m'), {}, { name: 'l3' })),
      'one pod too many': live(pod(full('10m'), {}, { name: 'l4' })),
    },
  },
  {
    name: 'quota-counts',
    objects: [
      quota('counts', {
        configmaps: '3',
        'count/secrets': '1',
        'count/pods': '1',
        replicationcontrollers: '0',
        services: '3',
        'services.nodeports': '3',
        'services.loadbalancers': '1',
        persistentvolumeclaims: '2',
        'requests.storage': '10Gi',
        'gold.storageclass.storage.k8s.io/requests.storage': '5Gi',
        'silver.storageclass.storage.k8s.io/persistentvolumeclaims': '0',
        'requests.example.com/gpu': '1',
        'requests.ephemeral-storage': '1Gi',
      }),
      ['services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 's1' }, spec: { ports: [{ name: 'x', port: 80 }, { name: 'y', port: 81 }] } }],
      ['services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 's2' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } }],
    ],
    cases: {
      'a config map': make('configmaps', 'ConfigMap', {}),
      'a config map that stays': live(make('configmaps', 'ConfigMap', {}, 'c1')),
      'another config map that stays': live(make('configmaps', 'ConfigMap', {}, 'c2')),
      'one config map too many': live(make('configmaps', 'ConfigMap', {}, 'c3')),
      'a change of a config map': live(patch('configmaps/c1', { data: { a: 'b' } })),
      'a secret': live(make('secrets', 'Secret', {}, 's1')),
      'a secret too many': make('secrets', 'Secret', {}, 's2'),
      'a controller': make('replicationcontrollers', 'ReplicationController', { spec: { selector: { a: 'b' }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } }),
      'a service with node ports': service({ type: 'NodePort' }),
      'too many node ports': service({ type: 'NodePort', ports: [{ name: 'x', port: 80 }, { name: 'y', port: 81 }, { name: 'z', port: 82 }] }),
      'a load balancer': service({ type: 'LoadBalancer' }),
      'a load balancer with too many ports': service({ type: 'LoadBalancer', ports: [{ name: 'x', port: 80 }, { name: 'y', port: 81 }, { name: 'z', port: 82 }] }),
      'a load balancer without node ports': service({ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ name: 'x', port: 80 }, { name: 'y', port: 81 }, { name: 'z', port: 82 }] }),
      'a service that gets node ports': live(patch('services/s1', { spec: { type: 'NodePort' } })),
      'a service that gets a node port too many': patch('services/s2', { spec: { ports: [{ name: 'x', port: 80 }, { name: 'y', port: 81 }] } }),
      'a service that gives up its node port': patch('services/s2', { spec: { type: 'ClusterIP' } }),
      'a claim': claim('5Gi'),
      'a claim that is too big': claim('11Gi'),
      'a claim of a class that is too big': claim('6Gi', { storageClassName: 'gold' }),
      'a claim of a class that may have none': claim('1Gi', { storageClassName: 'silver' }),
      'a claim of bits': live(claim('1500m')),
      'an extended resource': pod([container('c', { 'example.com/gpu': '2' }, { 'example.com/gpu': '2' })]),
      'local storage': pod([container('c', { 'ephemeral-storage': '2Gi' })]),
      'a pod': live(pod([{ name: 'c', image: 'i' }])),
      'a pod too many': pod([{ name: 'c', image: 'i' }], {}, { name: 'b' }),
    },
  },
  {
    name: 'quota-scopes',
    objects: [
      quota('best-effort', { pods: '0' }, { scopes: ['BestEffort'] }),
      quota('not-best-effort', { pods: '2', 'requests.cpu': '1' }, { scopes: ['NotBestEffort', 'NotTerminating'] }),
      quota('terminating', { pods: '0' }, { scopes: ['NotBestEffort', 'Terminating'] }),
      quota('critical', { pods: '0' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-cluster-critical'] }] } }),
      quota('priority', { pods: '1', 'requests.memory': '1Gi' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'Exists' }, { scopeName: 'PriorityClass', operator: 'NotIn', values: ['system-cluster-critical'] }] } }),
      quota('affinity', { pods: '0' }, { scopes: ['CrossNamespacePodAffinity'] }),
      quota('attributes', { persistentvolumeclaims: '0' }, { scopeSelector: { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator: 'In', values: ['fast'] }] } }),
      ['pods', podObject({ name: 'p1' }, full('200m'))],
    ],
    cases: {
      'best effort': pod([{ name: 'c', image: 'i' }]),
      'not best effort': pod(full()),
      'not best effort and too much': pod(full('1')),
      'a deadline': pod(full(), { activeDeadlineSeconds: 10 }),
      'a deadline that comes later': patch('pods/p1', { spec: { activeDeadlineSeconds: 10 } }),
      'a critical pod': pod(full(), { priorityClassName: 'system-cluster-critical' }),
      'a pod with priority': pod(full(), { priorityClassName: 'system-node-critical' }),
      'a pod with priority that says too little': pod([container('c', { cpu: '1m' })], { priorityClassName: 'system-node-critical' }),
      'affinity to elsewhere': pod(full(), crossNamespace),
      'a claim': claim('1Gi'),
      'a claim of an attributes class': claim('1Gi', { volumeAttributesClassName: 'fast' }),
      'a claim of another attributes class': claim('1Gi', { volumeAttributesClassName: 'slow' }),
      'a pod that stays': live(pod(full('10m'), {}, { name: 'l1' })),
      'a pod too many': live(pod(full('10m'), {}, { name: 'l2' })),
    },
  },
  {
    name: 'quota-uncounted',
    objects: [quota('uncounted', { pods: '2', 'count/pods': '3', services: '1' })],
    /** What the controller has counted is taken away: it looks again after minutes only. */
    status: ['uncounted', { used: { pods: null } }],
    cases: {
      'a pod': pod([{ name: 'c', image: 'i' }]),
      'a service': service({}),
    },
  },
];
