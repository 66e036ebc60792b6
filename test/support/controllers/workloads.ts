import type { AnyObject } from '../../../src/api/object.js';
import type { ControllerScenario, ManifestObject, World } from './scenario.js';

/** Scenarios of the controllers that make pods. */

const labels = (name: string): Record<string, string> => ({ app: name });

export const podTemplate = (name: string, image = 'registry.example/app:1', spec: object = {}): object => ({
  metadata: { labels: labels(name) },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image }], ...spec },
});

export const workload = (apiVersion: string, kind: string, name: string, spec: object): ManifestObject => ({
  apiVersion,
  kind,
  metadata: { name },
  spec: { selector: kind === 'ReplicationController' ? labels(name) : { matchLabels: labels(name) }, template: podTemplate(name), ...spec },
});

const at = (object: AnyObject | undefined, path: string): unknown => path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);

/** Fields of an object by path; undefined for those that are not there. */
export const fields = async (world: World, what: string, name: string, ...paths: string[]): Promise<unknown> => {
  const object = await world.get(what, name);
  return object && Object.fromEntries(paths.map((path) => [path, at(object, path) ?? null]));
};

/** Pods that are not on their way out, by their image and whether they are ready: `{"app:1 ready": 3}`. */
export const podCounts = async (world: World, labelSelector?: string): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const pod of await world.list('v1 Pod', { labelSelector })) {
    const { containers } = pod['spec'] as { containers: Array<{ image: string }> };
    const { phase, conditions = [] } = (pod['status'] ?? {}) as { phase?: string; conditions?: Array<{ type: string; status: string }> };
    const state = pod.metadata.deletionTimestamp ? 'leaving' : conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ? 'ready' : (phase ?? '');
    const key = `${containers[0]?.image.replace('registry.example/', '')} ${state}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
};

const conditionsOf = (object: AnyObject | undefined): string[] =>
  ((object?.['status'] as { conditions?: Array<{ type: string; status: string }> } | undefined)?.conditions ?? []).map(({ type, status }) => `${type}=${status}`).sort();

/** A pod that somebody else controls though its labels match, and one that nobody does. */
const foreigners = (name: string): ManifestObject[] => [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'somebody-else' } },
  ...['taken', 'free'].map((pod): ManifestObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, labels: labels(name) }, spec: { containers: [{ name: 'c', image: 'registry.example/app:0' }], terminationGracePeriodSeconds: 0 } })),
];

const takePod = async (world: World): Promise<void> => {
  const owner = await world.get('v1 ConfigMap', 'somebody-else');
  await world.patch('v1 Pod', 'taken', { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'somebody-else', uid: owner?.metadata.uid, controller: true }] } });
};

const ownersOfPods = async (world: World): Promise<string[]> => (await world.list('v1 Pod')).map(({ metadata }) => metadata.ownerReferences?.map(({ kind, name }) => `${kind}/${name}`).join() ?? 'nobody').sort();

const replicas = (controller: string, what: string): ControllerScenario[] => {
  const [apiVersion = '', kind = ''] = what.split(' ');
  return [
    {
      controller,
      title: 'scaled',
      objects: [workload(apiVersion, kind, 'web', { replicas: 6 })],
      ready: (world) => podCounts(world),
      readyWhen: { 'app:1 ready': 6 },
      act: (world) => world.patch(what, 'web', { spec: { replicas: 3 } }),
      observe: async (world) => ({ pods: await podCounts(world), status: await fields(world, what, 'web', 'status.replicas', 'status.readyReplicas', 'status.observedGeneration') }),
      expected: { pods: { 'app:1 ready': 3 }, status: { 'status.replicas': 3, 'status.readyReplicas': 3, 'status.observedGeneration': 2 } },
    },
    {
      controller,
      title: 'beside pods of others',
      objects: foreigners('web'),
      act: async (world) => {
        await takePod(world);
        await world.create(workload(apiVersion, kind, 'web', { replicas: 4 }));
      },
      observe: ownersOfPods,
      // The free one is adopted and counts; the taken one stays whose it is.
      expected: ['ConfigMap/somebody-else', ...Array.from({ length: 4 }, () => `${kind}/web`)],
    },
  ];
};

const job = (name: string, spec: object, command = ['true'], pod: object = {}): ManifestObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: { ...spec, template: { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'busybox', command }], ...pod } } },
});

const jobState = (name: string) => async (world: World): Promise<unknown> => {
  const found = await world.get('batch/v1 Job', name);
  const status = (found?.['status'] ?? {}) as Record<string, unknown>;
  const finalizers = (await world.list('v1 Pod')).filter(({ metadata }) => (metadata.finalizers ?? []).length > 0).length;
  return { conditions: conditionsOf(found), succeeded: status['succeeded'] ?? 0, failed: status['failed'] ?? 0, active: status['active'] ?? 0, completed: status['completedIndexes'] ?? '', failedIndexes: status['failedIndexes'] ?? '', finalizers };
};

/** Leaves out how many pods failed: those that run while the cluster restarts do. */
const jobEnd = (name: string) => async (world: World): Promise<unknown> => ({ ...((await jobState(name)(world)) as object), failed: 0 });

const done = { conditions: ['Complete=True', 'SuccessCriteriaMet=True'], failed: 0, active: 0, completed: '', failedIndexes: '', finalizers: 0 };

export const WORKLOADS: readonly ControllerScenario[] = [
  ...replicas('replicaset-controller', 'apps/v1 ReplicaSet'),
  ...replicas('replicationcontroller-controller', 'v1 ReplicationController'),
  {
    controller: 'deployment-controller',
    title: 'rolled out',
    objects: [workload('apps/v1', 'Deployment', 'web', { replicas: 4 })],
    ready: (world) => podCounts(world),
    readyWhen: { 'app:1 ready': 4 },
    act: (world) => world.patch('apps/v1 Deployment', 'web', { spec: { template: podTemplate('web', 'registry.example/app:2') } }),
    observe: async (world) => ({
      pods: await podCounts(world),
      sets: (await world.list('apps/v1 ReplicaSet')).map((set) => `${(set['spec'] as { replicas: number }).replicas} revision ${set.metadata.annotations?.['deployment.kubernetes.io/revision']}`).sort(),
      conditions: conditionsOf(await world.get('apps/v1 Deployment', 'web')),
      status: await fields(world, 'apps/v1 Deployment', 'web', 'status.replicas', 'status.updatedReplicas', 'status.availableReplicas', 'status.observedGeneration'),
    }),
    expected: {
      pods: { 'app:2 ready': 4 },
      sets: ['0 revision 1', '4 revision 2'],
      conditions: ['Available=True', 'Progressing=True'],
      status: { 'status.replicas': 4, 'status.updatedReplicas': 4, 'status.availableReplicas': 4, 'status.observedGeneration': 2 },
    },
  },
  {
    controller: 'deployment-controller',
    title: 'recreated',
    objects: [workload('apps/v1', 'Deployment', 'web', { replicas: 2, revisionHistoryLimit: 0, strategy: { type: 'Recreate' } })],
    ready: (world) => podCounts(world),
    readyWhen: { 'app:1 ready': 2 },
    act: (world) => world.patch('apps/v1 Deployment', 'web', { spec: { template: podTemplate('web', 'registry.example/app:2') } }),
    observe: async (world) => ({ pods: await podCounts(world), sets: (await world.list('apps/v1 ReplicaSet')).length }),
    expected: { pods: { 'app:2 ready': 2 }, sets: 1 },
  },
  {
    controller: 'statefulset-controller',
    title: 'rolled out',
    objects: [workload('apps/v1', 'StatefulSet', 'db', { serviceName: 'db', replicas: 3 })],
    ready: (world) => podCounts(world),
    readyWhen: { 'app:1 ready': 3 },
    act: (world) => world.patch('apps/v1 StatefulSet', 'db', { spec: { template: podTemplate('db', 'registry.example/app:2') } }),
    observe: async (world) => ({
      pods: await podCounts(world),
      names: (await world.list('v1 Pod')).map(({ metadata }) => metadata.name).sort(),
      revisions: (await world.list('apps/v1 ControllerRevision')).length,
      status: await fields(world, 'apps/v1 StatefulSet', 'db', 'status.readyReplicas', 'status.currentReplicas', 'status.updatedReplicas', 'status.observedGeneration'),
    }),
    expected: {
      pods: { 'app:2 ready': 3 },
      names: ['db-0', 'db-1', 'db-2'],
      revisions: 2,
      status: { 'status.readyReplicas': 3, 'status.currentReplicas': 3, 'status.updatedReplicas': 3, 'status.observedGeneration': 2 },
    },
  },
  {
    controller: 'statefulset-controller',
    title: 'with claims, scaled down',
    objects: [
      workload('apps/v1', 'StatefulSet', 'db', {
        serviceName: 'db',
        replicas: 3,
        podManagementPolicy: 'Parallel',
        persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'standard', resources: { requests: { storage: '1Gi' } } } }],
      }),
    ],
    cluster: { addons: ['storage-provisioner'] },
    ready: (world) => podCounts(world),
    readyWhen: { 'app:1 ready': 3 },
    act: (world) => world.patch('apps/v1 StatefulSet', 'db', { spec: { replicas: 1 } }),
    observe: async (world) => ({ pods: await podCounts(world), claims: (await world.list('v1 PersistentVolumeClaim')).map(({ metadata }) => metadata.name) }),
    expected: { pods: { 'app:1 ready': 1 }, claims: ['data-db-0'] },
  },
  {
    controller: 'daemonset-controller',
    objects: [workload('apps/v1', 'DaemonSet', 'agent', {})],
    cluster: { nodes: 3 },
    ready: (world) => podCounts(world),
    readyWhen: { 'app:1 ready': 3 },
    act: (world) => world.patch('apps/v1 DaemonSet', 'agent', { spec: { template: podTemplate('agent', 'registry.example/app:2') } }),
    observe: async (world) => ({
      pods: await podCounts(world),
      nodes: (await world.list('v1 Pod')).map((pod) => (pod['spec'] as { nodeName: string }).nodeName).sort(),
      status: await fields(world, 'apps/v1 DaemonSet', 'agent', 'status.numberReady', 'status.updatedNumberScheduled', 'status.numberAvailable', 'status.observedGeneration'),
    }),
    expected: {
      pods: { 'app:2 ready': 3 },
      nodes: ['node-0', 'node-1', 'node-2'],
      status: { 'status.numberReady': 3, 'status.updatedNumberScheduled': 3, 'status.numberAvailable': 3, 'status.observedGeneration': 2 },
    },
  },
  { controller: 'job-controller', title: 'completions', objects: [job('sum', { completions: 4, parallelism: 2 })], observe: jobEnd('sum'), expected: { ...done, succeeded: 4 } },
  { controller: 'job-controller', title: 'indexed', objects: [job('sum', { completions: 4, parallelism: 3, completionMode: 'Indexed' })], observe: jobEnd('sum'), expected: { ...done, succeeded: 4, completed: '0-3' } },
  {
    controller: 'job-controller',
    title: 'a failing index',
    // Pods of the other indexes may be lost once, to the restart of the cluster.
    speed: 30,
    objects: [job('sum', { completions: 3, parallelism: 3, completionMode: 'Indexed', backoffLimitPerIndex: 1 }, ['sh', '-c', 'test "$JOB_COMPLETION_INDEX" != 1'])],
    observe: jobEnd('sum'),
    expected: { ...done, conditions: ['Failed=True', 'FailureTarget=True'], succeeded: 2, completed: '0,2', failedIndexes: '1' },
  },
  {
    controller: 'job-controller',
    title: 'suspended',
    objects: [job('sum', { completions: 2, parallelism: 2 }, ['sleep', '3600'])],
    ready: jobState('sum'),
    readyWhen: { ...done, conditions: [], succeeded: 0, active: 2, finalizers: 2 },
    act: (world) => world.patch('batch/v1 Job', 'sum', { spec: { suspend: true } }),
    observe: async (world) => ({ state: await jobState('sum')(world), pods: await podCounts(world) }),
    expected: { state: { ...done, conditions: ['Suspended=True'], succeeded: 0 }, pods: {} },
  },
  {
    controller: 'cronjob-controller',
    objects: [],
    speed: 30,
    act: async (world) => {
      // Once, at the minute after next: the other times are a day away.
      const at = new Date(world.now() + 120_000);
      await world.create({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'tick' }, spec: { schedule: `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`, jobTemplate: { spec: job('x', {})['spec'] } } });
    },
    observe: async (world) => {
      const status = ((await world.get('batch/v1 CronJob', 'tick'))?.['status'] ?? {}) as { active?: unknown[]; lastScheduleTime?: string; lastSuccessfulTime?: string };
      return { jobs: (await world.list('batch/v1 Job')).map(conditionsOf), active: status.active?.length ?? 0, scheduled: status.lastScheduleTime !== undefined, succeeded: status.lastSuccessfulTime !== undefined };
    },
    expected: { jobs: [['Complete=True', 'SuccessCriteriaMet=True']], active: 0, scheduled: true, succeeded: true },
  },
  {
    controller: 'cronjob-controller',
    title: 'history',
    // What is there of earlier runs, one more than is kept of each.
    objects: [
      { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'tick' }, spec: { schedule: '0 0 30 2 *', successfulJobsHistoryLimit: 1, jobTemplate: { spec: job('x', {})['spec'] } } },
    ],
    act: async (world) => {
      const owner = await world.get('batch/v1 CronJob', 'tick');
      const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'tick', uid: owner?.metadata.uid, controller: true, blockOwnerDeletion: true }];
      for (const name of ['tick-1', 'tick-2', 'tick-3']) await world.create({ ...job(name, {}), metadata: { name, ownerReferences } });
    },
    observe: async (world) => (await world.list('batch/v1 Job')).map(conditionsOf),
    expected: [['Complete=True', 'SuccessCriteriaMet=True']],
  },
  {
    controller: 'ttl-after-finished-controller',
    objects: [],
    speed: 10,
    act: async (world) => void (await world.create(job('short', { ttlSecondsAfterFinished: 2 }))),
    observe: async (world) => ({ jobs: (await world.list('batch/v1 Job')).length, pods: (await world.list('v1 Pod')).length }),
    expected: { jobs: 0, pods: 0 },
  },
];
