// Pods in all the states that a table tells apart, for record.mjs.

const pod = (spec = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { nodeName: 'no-such-node', containers: [{ name: 'c', image: 'i' }], ...spec } });
const two = { containers: [{ name: 'a', image: 'i' }, { name: 'b', image: 'i' }] };
const of = (name, state, more = {}) => ({ name, image: 'i', imageID: '', ready: false, restartCount: 0, state, ...more });
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const ended = (fields) => ({ terminated: { exitCode: 0, ...fields } });
const lastEnd = (finishedAt) => ({ terminated: { exitCode: 1, finishedAt } });
const ready = [{ type: 'Ready', status: 'True' }];

export const rowPods = [
  { title: 'pending', pod: pod(), status: { phase: 'Pending' } },
  { title: 'running', pod: pod(), status: { phase: 'Running', podIP: '10.1.1.1', conditions: ready, containerStatuses: [of('c', running, { ready: true })] } },
  { title: 'not ready', pod: pod(two), status: { phase: 'Running', containerStatuses: [of('a', running, { ready: true }), of('b', running)] } },
  { title: 'being made', pod: pod(), status: { phase: 'Pending', containerStatuses: [of('c', { waiting: { reason: 'ContainerCreating' } })] } },
  { title: 'in a crash loop', pod: pod(), status: { phase: 'Running', containerStatuses: [of('c', { waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 5, lastState: lastEnd('2026-01-02T00:00:00Z') })] } },
  { title: 'restarted without a time', pod: pod(), status: { phase: 'Running', containerStatuses: [of('c', running, { restartCount: 3, ready: true })] } },
  { title: 'completed', pod: pod(), status: { phase: 'Succeeded', containerStatuses: [of('c', ended({ reason: 'Completed' }))] } },
  { title: 'failed', pod: pod(), status: { phase: 'Failed', containerStatuses: [of('c', ended({ exitCode: 2, reason: 'Error' }))] } },
  { title: 'ended by a signal', pod: pod(), status: { phase: 'Failed', containerStatuses: [of('c', ended({ exitCode: 137, signal: 9 }))] } },
  { title: 'ended with a code', pod: pod(), status: { phase: 'Failed', containerStatuses: [of('c', ended({ exitCode: 3 }))] } },
  { title: 'half completed and ready', pod: pod(two), status: { phase: 'Running', conditions: ready, containerStatuses: [of('a', ended({ reason: 'Completed' })), of('b', running, { ready: true })] } },
  { title: 'half completed and not ready', pod: pod(two), status: { phase: 'Running', containerStatuses: [of('a', ended({ reason: 'Completed' })), of('b', running, { ready: true })] } },
  { title: 'half completed, half failed', pod: pod(two), status: { phase: 'Running', containerStatuses: [of('a', ended({ reason: 'Completed' })), of('b', ended({ exitCode: 1, reason: 'Error' }))] } },
  { title: 'evicted', pod: pod(), status: { phase: 'Failed', reason: 'Evicted' } },
  { title: 'initializing', pod: pod({ initContainers: [{ name: 'i', image: 'i' }, { name: 'j', image: 'i' }] }), status: { phase: 'Pending', initContainerStatuses: [of('i', ended({})), of('j', { waiting: { reason: 'PodInitializing' } })], containerStatuses: [of('c', { waiting: { reason: 'PodInitializing' } })] } },
  { title: 'an init container in a crash loop', pod: pod({ initContainers: [{ name: 'i', image: 'i' }] }), status: { phase: 'Pending', initContainerStatuses: [of('i', { waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 2, lastState: lastEnd('2026-01-03T00:00:00Z') })] } },
  { title: 'an init container that failed', pod: pod({ initContainers: [{ name: 'i', image: 'i' }] }), status: { phase: 'Pending', initContainerStatuses: [of('i', ended({ exitCode: 1, reason: 'Error' }))] } },
  { title: 'an init container that was killed', pod: pod({ initContainers: [{ name: 'i', image: 'i' }] }), status: { phase: 'Pending', initContainerStatuses: [of('i', ended({ exitCode: 137, signal: 9 }))] } },
  { title: 'an init container that ended with a code', pod: pod({ initContainers: [{ name: 'i', image: 'i' }] }), status: { phase: 'Pending', initContainerStatuses: [of('i', ended({ exitCode: 4 }))] } },
  { title: 'with a sidecar', pod: pod({ initContainers: [{ name: 's', image: 'i', restartPolicy: 'Always' }] }), status: { phase: 'Running', conditions: [...ready, { type: 'Initialized', status: 'True' }], initContainerStatuses: [of('s', running, { ready: true, started: true, restartCount: 1, lastState: lastEnd('2026-01-01T00:00:00Z') })], containerStatuses: [of('c', running, { ready: true, restartCount: 2, lastState: lastEnd('2026-01-05T00:00:00Z') })] } },
  { title: 'with a sidecar that starts', pod: pod({ initContainers: [{ name: 's', image: 'i', restartPolicy: 'Always' }] }), status: { phase: 'Pending', initContainerStatuses: [of('s', running, { started: false })] } },
  { title: 'with readiness gates', pod: pod({ readinessGates: [{ conditionType: 'a.b/c' }, { conditionType: 'd.e/f' }] }), status: { phase: 'Running', nominatedNodeName: undefined, conditions: [{ type: 'a.b/c', status: 'True' }], containerStatuses: [of('c', running, { ready: true })] } },
  { title: 'gated', pod: pod({ nodeName: undefined, schedulingGates: [{ name: 'x' }] }), status: { nominatedNodeName: 'n' } },
  { title: 'going', pod: pod(), deleting: true, status: { phase: 'Running', containerStatuses: [of('c', running, { ready: true })] } },
  { title: 'gone with its node', pod: pod(), deleting: true, status: { phase: 'Running', reason: 'NodeLost', containerStatuses: [of('c', running, { ready: true })] } },
];
