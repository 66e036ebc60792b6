import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCluster, type Cluster } from '../../src/index.js';
import { Kubectl } from '../support/kubectl.js';

interface PolicySpec {
  readonly [field: string]: unknown;
}

/** Texts were printed by kube-apiserver v1.36.3. */
describe('Admission policies', () => {
  let cluster: Cluster;
  let kubectl: Kubectl;

  beforeAll(async () => {
    cluster = await createCluster({ nodes: 1 });
    kubectl = new Kubectl(cluster.kubeconfig);
  });

  afterAll(async () => {
    kubectl[Symbol.dispose]();
    await cluster.stop();
  });

  const POLICIES = 'validatingadmissionpolicies,validatingadmissionpolicybindings,mutatingadmissionpolicies,mutatingadmissionpolicybindings';
  afterEach(async () => {
    await kubectl.ok('delete', POLICIES, '--all');
    await kubectl.ok('delete', 'deployments,configmaps', '--all', '--now');
  });

  const group = (kind: string, spec: PolicySpec): string => JSON.stringify({ apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: 'p' }, spec });
  const matchConstraints = { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps', 'pods', 'serviceaccounts'] }] };
  const validate = async (spec: PolicySpec, binding: PolicySpec = {}): Promise<void> => {
    await kubectl.create(group('ValidatingAdmissionPolicy', { matchConstraints, ...spec }));
    await kubectl.create(group('ValidatingAdmissionPolicyBinding', { policyName: 'p', validationActions: ['Deny'], ...binding }));
  };
  const mutate = async (...mutations: readonly object[]): Promise<void> => {
    await kubectl.create(group('MutatingAdmissionPolicy', { matchConstraints, reinvocationPolicy: 'Never', mutations }));
    await kubectl.create(group('MutatingAdmissionPolicyBinding', { policyName: 'p' }));
  };
  const applied = (expression: string): object => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });
  const patched = (expression: string): object => ({ patchType: 'JSONPatch', jsonPatch: { expression } });
  const said = async (...args: string[]): Promise<string> => (await kubectl.run(args)).stderr.trimEnd();
  const configMap = (): Promise<string> => said('create', 'configmap', 'one', '--from-literal=k=v', '--dry-run=server');
  const denied = 'error: failed to create configmap: configmaps "one" is forbidden: ValidatingAdmissionPolicy \'p\' with binding \'p\' denied request: ';

  test('the example of docs/policies.md does what it says', async () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/policies.md'), 'utf8');
    const [, yaml = '', command = '', answer = ''] = /```yaml\n(.*?)```.*?```\n\$ kubectl (.*?)\n(.*?)\n```/s.exec(text) ?? [];
    await kubectl.create(yaml);
    expect(await said(...command.split(' '))).toBe(answer);
    await kubectl.ok(...command.replace('=4', '=3').split(' '));
    expect(await kubectl.ok('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.labels.team}')).toBe('default');
    expect(await said('patch', 'deployment', 'web', '-p', '{"spec":{"replicas":5}}')).toBe(
      'The deployments "web" is invalid: : ValidatingAdmissionPolicy \'few-replicas\' with binding \'few-replicas\' denied request: no more than 3 replicas',
    );
  });

  test('an expression that fails denies, unless failures are ignored', async () => {
    const validations = [{ expression: "object.data.nope == 'x'" }];
    await validate({ validations });
    expect(await configMap()).toBe(`${denied}expression 'object.data.nope == 'x'' resulted in error: no such key: nope`);
    await kubectl.ok('patch', 'validatingadmissionpolicy', 'p', '--type=merge', '-p', '{"spec":{"failurePolicy":"Ignore"}}');
    expect(await configMap()).toBe('');
  });

  test('parameters are found by name and selector; none may be told to deny', async () => {
    await kubectl.ok('create', 'configmap', 'limits', '--from-literal=k=w');
    const validations = [{ expression: "!('k' in object.data) || object.data.k == params.data.k", messageExpression: "params.metadata.name + ' says ' + params.data.k" }];
    await validate({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations }, { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } });
    expect(await configMap()).toBe(`${denied}limits says w`);
    await kubectl.ok('patch', 'validatingadmissionpolicybinding', 'p', '--type=merge', '-p', '{"spec":{"paramRef":{"name":null,"selector":{"matchLabels":{"a":"b"}}}}}');
    expect(await configMap()).toBe(`${denied}failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`);
    await kubectl.ok('patch', 'validatingadmissionpolicybinding', 'p', '--type=merge', '-p', '{"spec":{"paramRef":{"parameterNotFoundAction":"Allow"}}}');
    expect(await configMap()).toBe('');
  });

  test('a warning is sent and the write happens', async () => {
    await validate({ validations: [{ expression: 'false', message: 'mind this' }] }, { validationActions: ['Warn'] });
    expect(await configMap()).toBe("Warning: Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p': mind this");
  });

  test('deletions are judged by what is deleted', async () => {
    await validate({ validations: [{ expression: "request.operation != 'DELETE' || oldObject.metadata.name != 'keep'", reason: 'Forbidden', message: 'it stays' }] });
    await kubectl.ok('create', 'configmap', 'keep');
    expect(await said('delete', 'configmap', 'keep')).toBe('Error from server (Forbidden): configmaps "keep" is forbidden: ValidatingAdmissionPolicy \'p\' with binding \'p\' denied request: it stays');
    await kubectl.ok('delete', POLICIES, '--all');
  });

  test('work without end is stopped', async () => {
    await validate({ validations: [{ expression: 'lists.range(2000).all(x, lists.range(2000).all(y, x + y >= 0))' }] });
    expect(await configMap()).toContain('resulted in error: operation cancelled: actual cost limit exceeded');
  });

  test('expressions that do not compile are refused when they are written', async () => {
    const { stderr } = await kubectl.run(['create', '-f', '-'], { input: group('ValidatingAdmissionPolicy', { matchConstraints, validations: [{ expression: 'object.x == nope' }, { expression: "'x'" }] }) });
    expect(stderr.trimEnd()).toBe(
      [
        'The ValidatingAdmissionPolicy "p" is invalid: ',
        '* spec.validations[0].expression: Invalid value: "object.x == nope": compilation failed: ERROR: <input>:1:13: undeclared reference to \'nope\' (in container \'\')',
        ' | object.x == nope',
        ' | ............^',
        '* spec.validations[1].expression: Invalid value: "\'x\'": must evaluate to bool but got string',
      ].join('\n'),
    );
  });

  test('literals of several types are refused, as is what only seems to be of one', async () => {
    const { stderr } = await kubectl.run(['create', '-f', '-'], { input: group('ValidatingAdmissionPolicy', { matchConstraints, validations: [{ expression: '[1, object.x] == []' }] }) });
    expect(stderr).toContain("compilation failed: ERROR: <input>:1:11: expected type 'int' but found 'dyn'\n | [1, object.x] == []\n | ..........^");
  });

  test('the status tells what expressions get wrong about types', async () => {
    const rules = [{ apiGroups: ['', 'apps'], apiVersions: ['v1'], operations: ['*'], resources: ['pods', 'deployments'] }];
    const variables = [{ name: 'count', expression: 'object.spec.replicas' }];
    await kubectl.create(group('ValidatingAdmissionPolicy', { matchConstraints: { resourceRules: rules }, variables, validations: [{ expression: "variables.count == 'x'" }, { expression: "object.metadata.name == 'x'" }, { expression: 'object.spec.nodeSelector == 1' }] }));
    await kubectl.ok('wait', 'validatingadmissionpolicy', 'p', '--for=jsonpath={.status.observedGeneration}=1', '--timeout=30s');
    const { expressionWarnings } = JSON.parse(await kubectl.ok('get', 'validatingadmissionpolicy', 'p', '-o', 'jsonpath={.status.typeChecking}')) as { expressionWarnings: unknown };
    expect(expressionWarnings).toEqual([
      {
        fieldRef: 'spec.validations[0].expression',
        warning: "apps/v1, Kind=Deployment: ERROR: <input>:1:17: found no matching overload for '_==_' applied to '(int, string)'\n | variables.count == 'x'\n | ................^\n",
      },
      {
        fieldRef: 'spec.validations[2].expression',
        warning:
          "/v1, Kind=Pod: ERROR: <input>:1:26: found no matching overload for '_==_' applied to '(map(string, string), int)'\n | object.spec.nodeSelector == 1\n | .........................^\n\napps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'nodeSelector'\n | object.spec.nodeSelector == 1\n | ...........^\n",
      },
    ]);
  });

  test('configurations are merged as server-side apply merges', async () => {
    await mutate(applied("Object{spec: Object.spec{containers: [Object.spec.containers{name: 'web', env: [Object.spec.containers.env{name: 'A', value: 'b'}]}]}}"));
    expect(await kubectl.ok('run', 'web', '--image=x', '--dry-run=server', '-o', 'jsonpath={.spec.containers[*].image} {.spec.containers[*].env}')).toBe('x [{"name":"A","value":"b"}]');
  });

  test.each([
    ["Object{spec: Object.spec{containers: [Object.spec.containers{name: 'web', args: ['x']}]}}", 'error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.containers[0].args'],
    ['Object{spec: Object.spec{nope: 1}}', 'error applying patch: failed to convert patch object to typed object: .spec.nope: field not declared in schema'],
    ["Object{spec: Object.wrong{hostname: 'x'}}", 'type mismatch: unexpected type name "Object.wrong", expected "Object.spec", which matches field name path from root Object type'],
  ])('a configuration that cannot be merged is refused: %s', async (expression, why) => {
    await mutate(applied(expression));
    expect(await said('run', 'web', '--image=x', '--dry-run=server')).toBe(`The pods "web" is invalid: : policy 'p' with binding 'p' denied request: ${why}`);
  });

  test('JSON patches are applied; one whose test fails changes nothing', async () => {
    await mutate(patched("[JSONPatch{op: 'add', path: '/metadata/annotations', value: {'a/b': string(1 + 2)}}, JSONPatch{op: 'replace', path: '/metadata/annotations/' + jsonpatch.escapeKey('a/b'), value: 'four'}]"));
    expect(await kubectl.ok('create', 'configmap', 'one', '--dry-run=server', '-o', 'jsonpath={.metadata.annotations}')).toBe('{"a/b":"four"}');
    await kubectl.ok('delete', POLICIES, '--all');
    await mutate(patched("[JSONPatch{op: 'test', path: '/metadata/name', value: 'q'}, JSONPatch{op: 'add', path: '/metadata/labels', value: {'a': 'b'}}]"));
    expect(await kubectl.ok('create', 'configmap', 'one', '--dry-run=server', '-o', 'jsonpath={.metadata.labels}')).toBe('');
  });
});
