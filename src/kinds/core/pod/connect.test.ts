import { PassThrough } from 'node:stream';
import type { KubeObject } from '../../../api/object.js';
import type { LogOptions, NodeAgent } from '../../../api/streams.js';
import type { Pod } from '../../../api/types/core-v1.js';
import type { Connection } from '../../../registry/subresource.js';
import { testServer, type TestServer } from '../../../../test/support/pods/server.js';

const NAMESPACE = 'ns';
const calls: unknown[] = [];
const agent: NodeAgent = {
  async *logs(pod, options) {
    calls.push(['logs', pod.metadata.name, options]);
    yield Buffer.from('line\n');
  },
  exec: async (pod, options) => {
    calls.push(['exec', pod.metadata.name, options]);
    return { code: 3 };
  },
  attach: async (pod, container) => {
    calls.push(['attach', pod.metadata.name, container]);
    return { code: 0 };
  },
  portForward: async (pod, port) => {
    calls.push(['portForward', pod.metadata.name, port]);
  },
  stats: () => ({ nodeName: 'node-0', time: 0, cpuNanoseconds: 0, cpuNanocores: 0, memoryWorkingSetBytes: 0, pods: [] }),
};

let server: TestServer;
beforeEach(async () => {
  calls.length = 0;
  server = await testServer({
    namespace: NAMESPACE,
    nodes: { agent: (name) => (name === 'node-0' ? agent : undefined) },
    network: {
      connect: async (ip, port) => {
        calls.push(['connect', ip, port]);
        return new PassThrough();
      },
    },
  });
  const node = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Node', metadata: { name }, status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] } }) as KubeObject;
  await server.seed(node('node-0'), 'nodes');
  await server.seed(node('node-dead'), 'nodes');
  const pod = (name: string, containers: string[], nodeName?: string, ip?: string): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: NAMESPACE },
      spec: { initContainers: containers.length > 1 ? [{ name: 'i', image: 'i' }] : [], containers: containers.map((c) => ({ name: c, image: 'i', ports: c === 'web' ? [{ containerPort: 8080 }] : [] })), ...(nodeName ? { nodeName } : {}) },
      status: ip ? { podIPs: [{ ip }] } : {},
    }) as unknown as Pod;
  await server.seed(pod('one', ['web'], 'node-0', '10.244.0.5'), 'pods');
  await server.seed(pod('two', ['a', 'b'], 'node-0', 'fd00::5'), 'pods');
  await server.seed(pod('pending', ['a']), 'pods');
  await server.seed(pod('dead', ['a'], 'node-dead', '127.0.0.1'), 'pods');
  await server.seed(pod('lost', ['a'], 'node-gone'), 'pods');
});
afterEach(() => server.close());

async function connection<T extends Connection['type']>(path: string, query: string, type: T): Promise<Extract<Connection, { type: T }>> {
  const response = await server.ask('GET', path, { query });
  if (response.type !== 'connect' || response.connection.type !== type) throw new Error(JSON.stringify(response));
  return response.connection as Extract<Connection, { type: T }>;
}

const text = async (chunks: AsyncIterable<Buffer>): Promise<string> => {
  let all = '';
  for await (const chunk of chunks) all += chunk.toString();
  return all;
};

describe.each([
  ['pods/two/log', '', 400, 'a container name must be specified for pod two, choose one of: [i a b]'],
  ['pods/two/log', 'container=zz', 400, 'container zz is not valid for pod two'],
  ['pods/nope/log', '', 404, 'pods "nope" not found'],
  ['pods/one/log', 'tailLines=abc', 400, 'strconv.ParseInt: parsing "abc": invalid syntax'],
  ['pods/one/log', 'tailLines=', 400, 'strconv.ParseInt: parsing "": invalid syntax'],
  ['pods/one/log', 'limitBytes=99999999999999999999', 400, 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
  ['pods/one/log', 'sinceTime=foo', 400, 'parsing time "foo" as "2006-01-02T15:04:05Z07:00": cannot parse "foo" as "2006"'],
  ['pods/one/log', 'stream=Stdout', 422, 'PodLogOptions "one" is invalid: stream: Forbidden: may not be specified'],
  ['pods/one/log', 'sinceSeconds=1&sinceTime=2020-01-01T00:00:00Z', 422, 'PodLogOptions "one" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified'],
  [
    'pods/one/log',
    'tailLines=-1&limitBytes=0&sinceSeconds=0',
    422,
    'PodLogOptions "one" is invalid: [tailLines: Invalid value: -1: must be greater than or equal to 0, limitBytes: Invalid value: 0: must be greater than 0, sinceSeconds: Invalid value: 0: must be greater than 0]',
  ],
  ['pods/dead/log', '', 500, 'Get "https://10.0.0.1:10250/containerLogs/ns/dead/a": dial tcp 10.0.0.1:10250: connect: connection refused'],
  ['pods/lost/log', '', 404, 'nodes "node-gone" not found'],
  ['pods/pending/exec', 'command=ls&stdout=1', 400, 'pod pending does not have a host assigned'],
  ['pods/pending/attach', 'stdout=1', 400, 'pod pending does not have a host assigned'],
  ['pods/pending/portforward', '', 400, 'pod pending does not have a host assigned'],
  ['pods/two/exec', 'container=q&command=ls', 400, 'container q is not valid for pod two'],
  ['pods/one/exec', 'command=ls', 400, 'you must specify at least 1 of stdin, stdout, stderr'],
  ['pods/dead/exec', 'command=ls&stdout=1', 500, 'error dialing backend: dial tcp 10.0.0.1:10250: connect: connection refused'],
  ['pods/pending/proxy/', '', 400, 'address not allowed'],
  ['pods/dead/proxy/', '', 400, 'address not allowed'],
  ['pods/a:b:c:d/proxy/', '', 400, 'invalid pod request "a:b:c:d"'],
  ['pods/nope/proxy/', '', 404, 'pods "nope" not found'],
])('GET %s?%s', (path, query, code, message) => {
  test(`is refused with ${code}: ${message}`, async () => {
    expect(await server.ask('GET', path, { query })).toMatchObject({ type: 'status', code, status: { message } });
    expect(calls).toEqual([]);
  });
});

test('logs come from the node of the pod, with the options asked for', async () => {
  const { options, chunks } = await connection('pods/one/log', 'follow=true&previous=0&timestamps=yes&tailLines=5&sinceTime=2026-01-01T01:00:00%2B01:00', 'log');
  const expected: LogOptions = { container: 'web', follow: true, previous: false, timestamps: true, tailLines: 5, sinceTime: '2026-01-01T00:00:00Z', sinceSeconds: undefined, limitBytes: undefined };
  expect(options).toEqual(expected);
  expect(await text(chunks as AsyncIterable<Buffer>)).toBe('line\n');
  expect(calls).toEqual([['logs', 'one', expected]]);
});

test('a pod without a node has no logs, which is no error', async () => {
  expect((await connection('pods/pending/log', '', 'log')).chunks).toBeUndefined();
});

test('exec runs the command in the container; with a terminal there is no second output', async () => {
  const exec = await connection('pods/two/exec', 'container=i&command=sh&command=-c&command=ls&stdin=true&stdout=true&stderr=true&tty=true', 'exec');
  expect(exec).toMatchObject({ stdin: true, stdout: true, stderr: false, tty: true });
  const streams = { stdin: undefined, stdout: undefined, stderr: undefined, tty: true, resize: (async function* () {})(), signal: new AbortController().signal };
  expect(await exec.run(streams)).toEqual({ code: 3 });
  await (await connection('pods/one/attach', 'stdout=1', 'exec')).run(streams);
  expect(calls).toEqual([['exec', 'two', { container: 'i', command: ['sh', '-c', 'ls'] }], ['attach', 'one', 'web']]);
});

test('port-forward joins streams to ports', async () => {
  await (await connection('pods/one/portforward', 'ports=80', 'port-forward')).forward(80, new PassThrough());
  expect(calls).toEqual([['portForward', 'one', 80]]);
});

test.each([
  ['pods/one/proxy/a/b', 'x=1', '10.244.0.5', 8080, '10.244.0.5:8080', '/a/b?x=1', false],
  ['pods/one:90/proxy/', '', '10.244.0.5', 90, '10.244.0.5:90', '/', false],
  ['pods/https:two:/proxy/', '', 'fd00::5', 443, 'fd00::5', '/', true],
])('proxy of %s goes to the pod', async (path, query, ip, port, host, rest, secure) => {
  const proxy = await connection(path, query, 'proxy');
  expect(proxy).toMatchObject({ secure, host, path: rest });
  await proxy.connect(new AbortController().signal);
  expect(calls).toEqual([['connect', ip, port]]);
});
