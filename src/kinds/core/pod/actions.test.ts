import type { KubeObject } from '../../../api/object.js';
import type { Pod, PodStatus } from '../../../api/types/core-v1.js';
import type { PodDisruptionBudget } from '../../../api/types/policy-v1.js';
import { testServer, type TestServer } from '../../../../test/support/pods/server.js';

const NAMESPACE = 'ns';

let server: TestServer;
beforeEach(async () => {
  server = await testServer({ namespace: NAMESPACE });
});
afterEach(() => server.close());

function pod(name: string, spec: Partial<Pod['spec']> = {}, status: PodStatus = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, uid: `uid-${name}`, generation: 1, labels: { app: 'x' }, ...metadata },
    spec: { containers: [{ name: 'c', image: 'i' }], terminationGracePeriodSeconds: 30, ...spec },
    status,
  } as Pod;
}

const stored = (name: string): Pod | undefined => server.reader.get(`core/pods/${NAMESPACE}/${name}`)?.object as Pod | undefined;

async function statusOf(method: string, path: string, body?: unknown, query = ''): Promise<{ code: number; message?: string | undefined; causes?: unknown; retryAfterSeconds?: unknown }> {
  const response = await server.ask(method, path, { body, query });
  if (response.type === 'object') return { code: response.code };
  if (response.type !== 'status') throw new Error(response.type);
  return { code: response.code, message: response.status.message, causes: response.status.details?.causes, retryAfterSeconds: response.status.details?.retryAfterSeconds };
}

describe('binding a pod', () => {
  const binding = (name: string, metadata: object = {}, target: object = { kind: 'Node', name: 'node-0' }): unknown => ({ apiVersion: 'v1', kind: 'Binding', metadata: { name, ...metadata }, target });

  test("puts it on the node with the node's place, annotations and the PodScheduled condition, and leaves its generation", async () => {
    await server.seed({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-0', labels: { 'topology.kubernetes.io/zone': 'z', other: 'o' } } } as KubeObject, 'nodes');
    await server.seed(pod('p', {}, { phase: 'Pending', nominatedNodeName: 'n' }), 'pods');
    expect(await statusOf('POST', 'pods/p/binding', binding('p', { annotations: { a: 'b' } }))).toEqual({ code: 201 });
    const { metadata, spec, status } = stored('p') as Pod;
    expect(spec.nodeName).toBe('node-0');
    expect(metadata).toMatchObject({ generation: 1, labels: { app: 'x', 'topology.kubernetes.io/zone': 'z' }, annotations: { a: 'b' } });
    expect(status).toMatchObject({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] });
    expect(status?.nominatedNodeName).toBeUndefined();
  });

  test.each([
    ['a pod that has a node', pod('p', { nodeName: 'node-2' }), {}, { kind: 'Node', name: 'node-0' }, 409, 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "node-2"'],
    ['a pod with gates', pod('p', { schedulingGates: [{ name: 'g' }] }), {}, { kind: 'Node', name: 'node-0' }, 409, 'Operation cannot be fulfilled on pods/binding "p": pod p has non-empty .spec.schedulingGates'],
    ['a pod that goes', pod('p', {}, {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }), {}, { kind: 'Node', name: 'n' }, 409, 'Operation cannot be fulfilled on pods/binding "p": pod p is being deleted, cannot be assigned to a host'],
    ['another name', pod('p'), { name: 'q' }, { kind: 'Node', name: 'n' }, 400, 'name in URL does not match name in Binding object'],
    ['no node', pod('p'), {}, { kind: 'Pod', name: '' }, 400, '[target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", target.name: Required value]'],
    [
      'another version of the pod',
      pod('p'),
      { resourceVersion: '999' },
      { name: 'n' },
      409,
      'Operation cannot be fulfilled on pods "p": StorageError: invalid object, Code: 4, Key: /registry/pods/ns/p, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ResourceVersion in precondition: 999, ResourceVersion in object meta: 3',
    ],
  ])('is refused for %s', async (_what, object, metadata, target, code, message) => {
    await server.seed(object, 'pods');
    expect(await statusOf('POST', 'pods/p/binding', binding('p', metadata, target))).toMatchObject({ code, message });
    expect(stored('p')?.spec.nodeName).toBe(object.spec.nodeName);
  });

  test('by a Binding object does the same and takes no heed of a uid', async () => {
    await server.seed(pod('p'), 'pods');
    expect(await statusOf('POST', 'bindings', binding('p', { uid: 'other' }))).toEqual({ code: 201 });
    expect(stored('p')?.spec.nodeName).toBe('node-0');
  });

  test('of no pod is 404, and a dry run changes nothing', async () => {
    await server.seed(pod('p'), 'pods');
    expect(await statusOf('POST', 'pods/q/binding', binding('q'))).toMatchObject({ code: 404, message: 'pods "q" not found' });
    expect(await statusOf('POST', 'pods/p/binding', binding('p'), 'dryRun=All')).toEqual({ code: 201 });
    expect(stored('p')?.spec.nodeName).toBeUndefined();
  });
});

describe('evicting a pod', () => {
  const eviction = (name: string, deleteOptions?: object): unknown => ({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...(deleteOptions ? { deleteOptions } : {}) });
  const running: PodStatus = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  const budget = (name: string, status: Partial<PodDisruptionBudget['status']>, spec: object = {}): Promise<void> =>
    server.seed(
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name, namespace: NAMESPACE, generation: 1 },
        spec: { selector: { matchLabels: { app: 'x' } }, ...spec },
        status: { observedGeneration: 1, currentHealthy: 2, desiredHealthy: 2, expectedPods: 2, disruptionsAllowed: 0, ...status },
      } as KubeObject,
      'poddisruptionbudgets',
      'policy',
    );
  const storedBudget = (name: string): PodDisruptionBudget => server.reader.get(`policy/poddisruptionbudgets/${NAMESPACE}/${name}`)?.object as PodDisruptionBudget;

  test('marks it and starts its graceful end where no budget speaks against it', async () => {
    await server.seed(pod('p', { nodeName: 'n' }, running), 'pods');
    expect(await statusOf('POST', 'pods/p/eviction', eviction('p'))).toEqual({ code: 201 });
    expect(stored('p')?.metadata).toMatchObject({ deletionGracePeriodSeconds: 30, generation: 2 });
    expect(stored('p')?.status?.conditions).toContainEqual({ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting', lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' });
  });

  test.each([
    ['needs all of its pods', {}, 'The disruption budget b needs 2 healthy pods and has 2 currently', undefined],
    ['has not seen its last change', { observedGeneration: 0 }, 'The disruption budget b is still being processed by the server.', 10],
    ['could not be computed', { conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'why', lastTransitionTime: '' }] }, 'The disruption budget b does not allow evicting pods currently because it failed sync: why', undefined],
    ['has enough but allows none', { currentHealthy: 5 }, 'The disruption budget b does not allow evicting pods currently', undefined],
  ])('is refused with 429 by a budget that %s', async (_what, status, message, retryAfterSeconds) => {
    await server.seed(pod('p', { nodeName: 'n' }, running), 'pods');
    await budget('b', status);
    const answer = await statusOf('POST', 'pods/p/eviction', eviction('p'));
    expect(answer).toMatchObject({ code: 429, message: "Cannot evict pod as it would violate the pod's disruption budget.", causes: [{ reason: 'DisruptionBudget', message }] });
    expect(answer.retryAfterSeconds).toBe(retryAfterSeconds);
    expect(stored('p')?.metadata.deletionTimestamp).toBeUndefined();
  });

  test('uses up one of the disruptions that its budget allows', async () => {
    await server.seed(pod('p', { nodeName: 'n' }, running), 'pods');
    await budget('b', { disruptionsAllowed: 1, desiredHealthy: 1 });
    expect(await statusOf('POST', 'pods/p/eviction', eviction('p'), 'dryRun=All')).toEqual({ code: 201 });
    expect(storedBudget('b').status?.disruptionsAllowed).toBe(1);
    expect(await statusOf('POST', 'pods/p/eviction', eviction('p'))).toEqual({ code: 201 });
    expect(storedBudget('b').status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { p: '2026-01-01T00:00:00Z' }, conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }] });
    expect(stored('p')?.metadata.deletionTimestamp).toBe('2026-01-01T00:00:30Z');
  });

  test.each([
    ['AlwaysAllow', { desiredHealthy: 5 }, { unhealthyPodEvictionPolicy: 'AlwaysAllow' }, 201],
    ['the default policy and enough others', {}, {}, 201],
    ['the default policy and too few others', { currentHealthy: 1 }, {}, 429],
  ])('that is not ready, with %s, gives %s', async (_what, status, spec, code) => {
    await server.seed(pod('p', { nodeName: 'n' }, { phase: 'Running' }), 'pods');
    await budget('b', status, spec);
    expect(await statusOf('POST', 'pods/p/eviction', eviction('p'))).toMatchObject({ code });
  });

  test('that has not started or has ended goes at once, whatever budgets say', async () => {
    await budget('b', {});
    await server.seed(pod('p', {}, { phase: 'Pending' }), 'pods');
    await server.seed(pod('q', { nodeName: 'n' }, { phase: 'Succeeded' }), 'pods');
    expect([await statusOf('POST', 'pods/p/eviction', eviction('p')), await statusOf('POST', 'pods/q/eviction', eviction('q'))]).toEqual([{ code: 201 }, { code: 201 }]);
    expect([stored('p'), stored('q')]).toEqual([undefined, undefined]);
  });

  test('of two budgets is not possible', async () => {
    await server.seed(pod('p', { nodeName: 'n' }, running), 'pods');
    await budget('b', { disruptionsAllowed: 1 });
    await budget('c', { disruptionsAllowed: 1 });
    expect(await statusOf('POST', 'pods/p/eviction', eviction('p'))).toMatchObject({ code: 500, message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.' });
  });

  test('checks names, preconditions and options', async () => {
    await server.seed(pod('p', { nodeName: 'n' }, running), 'pods');
    expect(await statusOf('POST', 'pods/p/eviction', eviction('q'))).toMatchObject({ code: 400, message: 'name in URL does not match name in Eviction object' });
    expect(await statusOf('POST', 'pods/q/eviction', eviction('q'))).toMatchObject({ code: 404, message: 'pods "q" not found' });
    expect(await statusOf('POST', 'pods/p/eviction', eviction('p', { preconditions: { uid: 'abc' } }))).toMatchObject({
      code: 409,
      message: 'Operation cannot be fulfilled on Pod "p": the UID in the precondition (abc) does not match the UID in record (uid-p). The object might have been deleted and then recreated',
    });
    expect(await statusOf('POST', 'pods/p/eviction', eviction('p', { dryRun: ['Foo'] }))).toMatchObject({ code: 422, message: 'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Foo"]: supported values: "All"' });
  });
});

describe('deleting a pod', () => {
  test.each([
    ['on a node takes its grace period', pod('p', { nodeName: 'n' }, { phase: 'Running' }), undefined, '2026-01-01T00:00:30Z'],
    ['on a node takes the period asked for', pod('p', { nodeName: 'n' }, { phase: 'Running' }), 5, '2026-01-01T00:00:05Z'],
    ['on a node with a negative period takes a second', pod('p', { nodeName: 'n' }, { phase: 'Running' }), -1, '2026-01-01T00:00:01Z'],
    ['without a node is at once', pod('p', {}, { phase: 'Pending' }), undefined, undefined],
    ['that has failed is at once', pod('p', { nodeName: 'n' }, { phase: 'Failed' }), undefined, undefined],
    ['with no period is at once', pod('p', { nodeName: 'n' }, { phase: 'Running' }), 0, undefined],
  ])('%s', async (_what, object, gracePeriodSeconds, deletionTimestamp) => {
    await server.seed(object, 'pods');
    const response = await server.ask('DELETE', 'pods/p', { body: { kind: 'DeleteOptions', apiVersion: 'v1', ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }) } });
    expect(response).toMatchObject({ type: 'object', code: 200, object: { kind: 'Pod', metadata: { name: 'p' } } });
    expect(stored('p')?.metadata.deletionTimestamp).toBe(deletionTimestamp);
    expect(stored('p') === undefined).toBe(deletionTimestamp === undefined);
  });
});
