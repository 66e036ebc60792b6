import type { Container, Pod } from '../../api/types/core-v1.js';
import type { RuntimeContainerStatus } from '../runtime.js';
import { planPod, type PodActions } from './plan.js';

const pod = (spec: Partial<Pod['spec']>): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { containers: [{ name: 'a' }], restartPolicy: 'Always', ...spec } });

/** `a:running`, `a:exited:1`, `a:created`. */
const container = (text: string, sandbox = 's'): RuntimeContainerStatus => {
  const [name = '', state = '', code = '0'] = text.split(':');
  return {
    id: `id-${name}`, sandbox, podUid: 'u', name, attempt: 0, image: 'i', imageId: 'i', state: state as RuntimeContainerStatus['state'], createdAt: 0, startedAt: 0, finishedAt: 0, exitCode: Number(code), reason: '', message: '',
    user: { uid: 0, gid: 0, groups: [] },
  };
};

const describeActions = (actions: PodActions): string => [
  actions.createSandbox ? 'sandbox' : '', actions.killPod ? 'kill pod' : '', ...actions.kill.map((k) => `kill ${k.container.name}`), ...actions.startEphemeral.map((c) => `debug ${c.name}`),
  ...actions.startInit.map((c) => `init ${c.name}`), ...actions.start.map((c) => `start ${c.name}`),
].filter((t) => t !== '').join(', ');

interface Case {
  readonly spec?: Partial<Pod['spec']>;
  /** Sandbox 'ready' unless said otherwise; '' for none. */
  readonly sandbox?: 'ready' | 'notready' | '';
  readonly containers?: string[];
  readonly startup?: 'success' | 'failure' | 'unknown';
  readonly liveness?: 'success' | 'failure';
  readonly expected: string;
}

const two: Container[] = [{ name: 'a' }, { name: 'b' }];
const inits: Container[] = [{ name: 'i' }, { name: 'j' }];
const sidecar: Container[] = [{ name: 's', restartPolicy: 'Always' }, { name: 'i' }];
const probed: Container[] = [{ name: 's', restartPolicy: 'Always', startupProbe: {} }, { name: 'i' }];

const cases: Record<string, Case> = {
  'a new pod gets a sandbox and its containers': { sandbox: '', expected: 'sandbox, start a' },
  'a new pod with init containers starts the first of them': { sandbox: '', spec: { initContainers: inits }, expected: 'sandbox, init i' },
  'a running pod needs nothing': { containers: ['a:running'], expected: '' },
  'a missing container is started': { spec: { containers: two }, containers: ['a:running'], expected: 'start b' },
  'an ended container is started again': { containers: ['a:exited:0'], expected: 'start a' },
  'not with Never: then the pod is over': { spec: { restartPolicy: 'Never' }, containers: ['a:exited:0'], expected: 'kill pod' },
  'with Never others go on': { spec: { restartPolicy: 'Never', containers: two }, containers: ['a:exited:1', 'b:running'], expected: '' },
  'with OnFailure only after a failure': { spec: { restartPolicy: 'OnFailure', containers: two }, containers: ['a:exited:0', 'b:exited:1'], expected: 'start b' },
  'a container\'s own policy wins': { spec: { restartPolicy: 'Never', containers: [{ name: 'a', restartPolicy: 'OnFailure' }] }, containers: ['a:exited:1'], expected: 'start a' },
  'a rule on an exit code wins over the policy': {
    spec: { restartPolicy: 'Never', containers: [{ name: 'a', restartPolicy: 'Never', restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }] }] }, containers: ['a:exited:42'], expected: 'start a',
  },
  'the next init container follows the one that succeeded': { spec: { initContainers: inits }, containers: ['i:exited:0'], expected: 'init j' },
  'one that runs is waited for': { spec: { initContainers: inits }, containers: ['i:running'], expected: '' },
  'one that failed is tried again': { spec: { initContainers: inits }, containers: ['i:exited:1'], expected: 'init i' },
  'with Never a failed one ends the pod': { spec: { initContainers: inits, restartPolicy: 'Never' }, containers: ['i:exited:1'], expected: 'kill pod' },
  'after the last one the regular containers start': { spec: { initContainers: inits }, containers: ['j:exited:0', 'i:exited:0'], expected: 'start a' },
  'done ones that were removed do not run again': { spec: { initContainers: inits }, containers: ['a:running'], expected: '' },
  'a sidecar that runs lets the next one start': { spec: { initContainers: sidecar }, containers: ['s:running'], expected: 'init i' },
  'but not before its startup probe has succeeded': { spec: { initContainers: probed }, containers: ['s:running'], startup: 'unknown', expected: '' },
  'a sidecar that fails its startup probe is restarted': { spec: { initContainers: probed }, containers: ['s:running'], startup: 'failure', expected: 'kill s, init s' },
  'a sidecar that ended is started beside the running containers': { spec: { initContainers: sidecar }, containers: ['a:running', 'i:exited:0', 's:exited:0'], expected: 'init s' },
  'sidecars do not keep a pod alive': { spec: { initContainers: sidecar, restartPolicy: 'Never' }, containers: ['a:exited:0', 'i:exited:0', 's:running'], expected: 'kill pod' },
  'a container that failed its liveness probe is restarted': { containers: ['a:running'], liveness: 'failure', expected: 'kill a, start a' },
  'with Never it is only killed': { spec: { restartPolicy: 'Never' }, containers: ['a:running'], liveness: 'failure', expected: 'kill pod, kill a' },
  'an ephemeral container is started once': { spec: { ephemeralContainers: [{ name: 'd' }, { name: 'e' }] }, containers: ['a:running', 'd:exited:0'], expected: 'debug e' },
  'a pod that lost its sandbox gets another': { sandbox: 'notready', containers: ['a:exited:137'], expected: 'sandbox, kill pod, start a' },
  'unless it is over': { sandbox: 'notready', spec: { restartPolicy: 'Never' }, containers: ['a:exited:0'], expected: 'kill pod' },
};

describe('the plan of a pod', () => {
  test.each(Object.entries(cases))('%s', (_name, { spec = {}, sandbox = 'ready', containers = [], startup = 'success', liveness = 'success', expected }) => {
    const actions = planPod({
      pod: pod(spec),
      runtime: { sandbox: sandbox === '' ? undefined : { id: 's', podUid: 'u', ip: '10.244.0.2', state: sandbox, createdAt: 0 }, containers: containers.map((text) => container(text)) },
      probes: { startup: () => startup, liveness: () => liveness },
      changed: () => false,
    });
    expect(describeActions(actions)).toBe(expected);
  });

  test('a container whose image has changed is restarted whatever the policy', () => {
    const actions = planPod({
      pod: pod({ restartPolicy: 'Never' }),
      runtime: { sandbox: { id: 's', podUid: 'u', ip: '', state: 'ready', createdAt: 0 }, containers: [container('a:running')] },
      probes: { startup: () => 'success', liveness: () => 'success' },
      changed: () => true,
    });
    expect(actions.kill[0]?.message).toBe('Container a definition changed, will be restarted');
    expect(actions.start.map((c) => c.name)).toEqual(['a']);
  });
});
