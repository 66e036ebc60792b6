import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ensurePki, servingCertificate } from '../../src/authn/pki/pki.js';
import { SystemClock } from '../../src/base/clock.js';
import { createCluster, type Cluster } from '../../src/index.js';
import { Kubectl } from '../support/kubectl.js';

interface Review {
  readonly request: {
    readonly uid: string;
    readonly operation: string;
    readonly name?: string;
    readonly subResource?: string;
    readonly dryRun: boolean;
    readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
    readonly requestKind: { readonly version: string };
    readonly object: { readonly apiVersion: string; readonly spec?: unknown; readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } } | null;
    readonly options: unknown;
  };
}

type Answer = (review: Review) => object;

const patch = (...operations: object[]): object => ({ allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') });

/** A webhook server as people write them, on localhost with a certificate of its own. */
class Hooks {
  readonly asked: Review['request'][] = [];
  answers: Readonly<Record<string, Answer>> = {};
  private constructor(
    private readonly server: Server,
    readonly caBundle: string,
  ) {}

  static async start(): Promise<Hooks> {
    const clock = new SystemClock();
    const pki = ensurePki({ clock });
    const { cert, key } = servingCertificate(pki.ca, { commonName: 'hooks', hosts: ['localhost'], now: clock.now() });
    const hooks: Hooks = new Hooks(
      createServer({ cert, key }, (request, response) => {
        let text = '';
        request.on('data', (chunk: Buffer) => (text += chunk.toString()));
        request.on('end', () => {
          const review = JSON.parse(text) as Review;
          hooks.asked.push(review.request);
          const name = new URL(request.url ?? '', 'https://x').pathname.slice(1);
          const answer = hooks.answers[name]?.(review) ?? { allowed: true };
          response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: review.request.uid, ...answer } }));
        });
      }),
      Buffer.from(pki.ca.cert).toString('base64'),
    );
    await new Promise<void>((resolve) => hooks.server.listen(0, '127.0.0.1', resolve));
    return hooks;
  }

  /** A webhook's entry in a configuration, as JSON, which is YAML. */
  entry(name: string, more: object = {}): object {
    return {
      name: `${name}.example.com`,
      clientConfig: { url: `https://localhost:${(this.server.address() as AddressInfo).port}/${name}`, caBundle: this.caBundle },
      rules: [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
      namespaceSelector: { matchLabels: { hooks: 'yes' } },
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      ...more,
    };
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

describe('Admission webhooks', () => {
  let hooks: Hooks;
  let cluster: Cluster;
  let kubectl: Kubectl;

  beforeAll(async () => {
    hooks = await Hooks.start();
    cluster = await createCluster({ nodes: 1 });
    kubectl = new Kubectl(cluster.kubeconfig);
    await kubectl.create('{apiVersion: v1, kind: Namespace, metadata: {name: hooked, labels: {hooks: "yes"}}}');
    await kubectl.ok('config', 'set-context', '--current', '--namespace=hooked');
  });

  afterAll(async () => {
    kubectl[Symbol.dispose]();
    await cluster.stop();
    await hooks.stop();
  });

  afterEach(async () => {
    await kubectl.ok('delete', 'validatingwebhookconfigurations,mutatingwebhookconfigurations', '--all');
    await kubectl.ok('delete', 'configmaps,pods,deployments', '--all', '--now');
    hooks.asked.length = 0;
    hooks.answers = {};
  });

  const configure = (sort: 'Validating' | 'Mutating', name: string, ...webhooks: object[]): Promise<string> =>
    kubectl.create(JSON.stringify({ apiVersion: 'admissionregistration.k8s.io/v1', kind: `${sort}WebhookConfiguration`, metadata: { name }, webhooks }));
  const refusal = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await kubectl.run(args);
    expect(code).toBe(1);
    return stderr;
  };
  const labels = (name: string): Promise<string> => kubectl.ok('get', 'configmap', name, '-o', 'jsonpath={.metadata.labels}');

  test('one that validates refuses in its own words, and sees what is written', async () => {
    hooks.answers = { guard: ({ request }) => (request.operation === 'DELETE' || request.name === 'bad' ? { allowed: false, status: { code: 403, message: 'not this one' } } : { allowed: true, warnings: ['mind the gap'] }) };
    await configure('Validating', 'guards', hooks.entry('guard'));
    expect(await refusal('create', 'configmap', 'bad')).toBe('error: failed to create configmap: admission webhook "guard.example.com" denied the request: not this one\n');
    const { stderr } = await kubectl.run(['create', 'configmap', 'good', '--from-literal=a=b']);
    expect(stderr).toBe('Warning: mind the gap\n');
    expect(hooks.asked.at(-1)).toMatchObject({
      operation: 'CREATE',
      dryRun: false,
      object: { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b' }, metadata: { name: 'good', namespace: 'hooked', uid: expect.any(String) as string } },
      oldObject: null,
      userInfo: { username: 'kubernetes-admin' },
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl-create', fieldValidation: 'Strict' },
    });
    expect(await refusal('delete', 'configmap', 'good')).toContain('denied the request: not this one');
    expect(hooks.asked.at(-1)).toMatchObject({ operation: 'DELETE', object: null, oldObject: { data: { a: 'b' } }, options: { kind: 'DeleteOptions', propagationPolicy: 'Background' } });
    await kubectl.ok('create', 'configmap', 'bad', '-n', 'default');
    await kubectl.ok('delete', 'validatingwebhookconfiguration', 'guards');
  });

  test('those that mutate do so in turn; one is asked again when a later one has changed the object', async () => {
    const add = (key: string) => ({ request }: Review): object => patch({ op: 'add', path: '/metadata/labels', value: { ...request.object?.metadata?.labels, [key]: String(hooks.asked.length) } });
    hooks.answers = { first: ({ request }) => (request.object?.metadata?.labels?.['second'] === undefined ? { allowed: true } : add('first')({ request })), second: ({ request }) => (request.object?.metadata?.labels?.['second'] === undefined ? add('second')({ request }) : { allowed: true }) };
    await configure('Mutating', 'mutations', hooks.entry('first', { reinvocationPolicy: 'IfNeeded' }), hooks.entry('second'));
    await kubectl.ok('create', 'configmap', 'x');
    expect(await labels('x')).toBe('{"first":"3","second":"2"}');
    expect(hooks.asked).toHaveLength(3);
    // What webhooks add belongs to nobody.
    expect(await kubectl.ok('get', 'configmap', 'x', '--show-managed-fields', '-o', 'jsonpath={.metadata.managedFields}')).not.toContain('f:labels');
  });

  test.each([
    ['a patch that does not fit', patch({ op: 'remove', path: '/nope/x' }), 'Internal error occurred: remove operation does not apply: doc is missing path: "/nope/x": missing value'],
    ['a patch to another type', patch({ op: 'add', path: '/data', value: 5 }), 'Internal error occurred: json: cannot unmarshal number into Go struct field ConfigMap.data of type map[string]string'],
    ['a patch that is none', { allowed: true, patchType: 'JSONPatch', patch: 'aGVsbG8=' }, `Internal error occurred: failed calling webhook "odd.example.com": received undecodable patch in webhook response: invalid character 'h' looking for beginning of value`],
    ['the wrong uid', { allowed: true, uid: '' }, 'Internal error occurred: failed calling webhook "odd.example.com": received invalid webhook response: expected response.uid='],
  ])('%s is told', async (_what, answer, text) => {
    hooks.answers = { odd: () => answer };
    await configure('Mutating', 'odd', hooks.entry('odd'));
    expect(await refusal('create', 'configmap', 'x')).toContain(`error: failed to create configmap: ${text}`);
  });

  test('failurePolicy says what becomes of a write when nobody listens', async () => {
    const nobody = { url: 'https://localhost:1/x' };
    await configure('Validating', 'absent', hooks.entry('absent', { clientConfig: nobody }));
    expect(await refusal('create', 'configmap', 'x')).toMatch(/^error: failed to create configmap: Internal error occurred: failed calling webhook "absent\.example\.com": failed to call webhook: Post "https:\/\/localhost:1\/x\?timeout=10s": dial tcp \S+:1: connect: connection refused\n$/);
    await kubectl.ok('patch', 'validatingwebhookconfiguration', 'absent', '--type=json', '-p', '[{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]');
    await kubectl.ok('create', 'configmap', 'x');
  });

  test('a certificate that nobody vouches for is not trusted', async () => {
    const { clientConfig } = hooks.entry('guard') as { clientConfig: { url: string } };
    await configure('Validating', 'untrusted', hooks.entry('guard', { clientConfig: { url: clientConfig.url } }));
    expect(await refusal('create', 'configmap', 'x')).toContain('tls: failed to verify certificate: x509: certificate signed by unknown authority');
    expect(hooks.asked).toHaveLength(0);
  });

  test('selectors and conditions choose what a webhook is asked about', async () => {
    hooks.answers = { guard: () => ({ allowed: false }) };
    const matchConditions = [
      { name: 'not-mine', expression: '!object.metadata.name.startsWith("mine-")' },
      { name: 'may-read', expression: 'authorizer.group("").resource("pods").namespace(request.namespace).check("get").allowed()' },
    ];
    await configure('Validating', 'guards', hooks.entry('guard', { objectSelector: { matchExpressions: [{ key: 'free', operator: 'DoesNotExist' }] }, rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }], matchConditions }));
    expect(await refusal('create', 'configmap', 'x')).toContain('admission webhook "guard.example.com" denied the request without explanation');
    await kubectl.ok('create', 'configmap', 'mine-1');
    await kubectl.create('{apiVersion: v1, kind: ConfigMap, metadata: {name: x, labels: {free: "yes"}}}');
    await kubectl.ok('label', 'configmap', 'mine-1', 'a=b');
    expect(hooks.asked).toHaveLength(1);
    await kubectl.ok('patch', 'validatingwebhookconfiguration', 'guards', '--type=json', '-p', '[{"op": "replace", "path": "/webhooks/0/matchConditions", "value": [{"name": "c", "expression": "object.metadata.nope == 1"}]}]');
    expect(await refusal('create', 'configmap', 'y')).toBe(`error: failed to create configmap: configmaps "y" is forbidden: expression 'object.metadata.nope == 1' resulted in error: no such key: nope\n`);
  });

  test('a dry run is told to those without side effects', async () => {
    await configure('Validating', 'guards', hooks.entry('guard', { sideEffects: 'NoneOnDryRun' }));
    await kubectl.ok('create', 'configmap', 'x', '--dry-run=server');
    expect(hooks.asked.map(({ dryRun }) => dryRun)).toEqual([true]);
  });

  test('a rule for one version meets requests of another, converted', async () => {
    await configure('Validating', 'guards', hooks.entry('guard', { rules: [{ operations: ['*'], apiGroups: ['autoscaling'], apiVersions: ['v1'], resources: ['horizontalpodautoscalers'] }] }));
    await kubectl.create('{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}}');
    expect(hooks.asked[0]).toMatchObject({ kind: { version: 'v1' }, requestKind: { version: 'v2' }, object: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 50 } } });
    await kubectl.ok('delete', 'hpa', 'h');
  });

  test('views and streams of an object are judged too: scale, exec', async () => {
    hooks.answers = { guard: ({ request }) => ({ allowed: request.kind.kind !== 'PodExecOptions' }) };
    await kubectl.ok('run', 'p', '--image=busybox', '--', 'sleep', '1000');
    await kubectl.ok('create', 'deployment', 'd', '--image=pause');
    await kubectl.ok('wait', '--for=condition=Ready', 'pod/p', '--timeout=60s');
    await configure('Validating', 'guards', hooks.entry('guard', { rules: [{ operations: ['*'], apiGroups: ['', 'apps'], apiVersions: ['v1'], resources: ['pods/exec', 'deployments/scale'] }] }));
    expect(await refusal('exec', 'p', '--', 'ls')).toContain('admission webhook "guard.example.com" denied the request without explanation');
    expect(hooks.asked.at(-1)).toMatchObject({ operation: 'CONNECT', subResource: 'exec', name: 'p', options: null, object: { kind: 'PodExecOptions', command: ['ls'], stdout: true } });
    await kubectl.ok('scale', 'deployment', 'd', '--replicas=2');
    expect(hooks.asked.at(-1)).toMatchObject({ operation: 'UPDATE', kind: { group: 'autoscaling', kind: 'Scale' }, subResource: 'scale', object: { spec: { replicas: 2 } } });
  });

  test('a Service of the cluster is reached by the cluster\'s network', async () => {
    await configure('Validating', 'served', hooks.entry('served', { clientConfig: { caBundle: hooks.caBundle, service: { namespace: 'hooked', name: 'hooks', path: '/served' } } }));
    expect(await refusal('create', 'configmap', 'x')).toContain('failed to call webhook: Post "https://hooks.hooked.svc:443/served?timeout=10s": service "hooks" not found');
    await kubectl.ok('create', 'service', 'clusterip', 'hooks', '--tcp=443');
    expect(await refusal('create', 'configmap', 'x')).toMatch(/Post "https:\/\/hooks\.hooked\.svc:443\/served\?timeout=10s": dial tcp \S+:443: connect: connection refused/);
    await kubectl.ok('delete', 'service', 'hooks');
  });
});
