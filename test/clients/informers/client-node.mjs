// Informers of @kubernetes/client-node, for informers.test.ts: what go/main.go is for client-go.
import { createInterface } from 'node:readline';
import { CoreV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';

const config = new KubeConfig();
config.loadFromFile(process.argv[2]);
const core = config.makeApiClient(CoreV1Api);
const list = () => core.listConfigMapForAllNamespaces();
const informer = makeInformer(config, '/api/v1/configmaps', list);

const version = ({ metadata }) => Number(metadata.resourceVersion);
const key = ({ metadata }) => `${metadata.namespace}/${metadata.name}`;
const seen = new Map();
const counts = { add: 0, update: 0, delete: 0 };
const problems = [];

function note(what, object, fits) {
  // An object that was replaced by another of its name while nobody looked is an update to client-node.
  const last = seen.get(key(object));
  if (!fits(last, version(object))) problems.push(`${what} of ${key(object)} at ${version(object)} after ${last}`);
  counts[what]++;
  if (what === 'delete') seen.delete(key(object));
  else seen.set(key(object), version(object));
}

informer.on('add', (object) => note('add', object, (last) => last === undefined));
informer.on('update', (object) => note('update', object, (last, now) => last !== undefined && now >= last));
informer.on('delete', (object) => note('delete', object, (last, now) => last !== undefined && now >= last));
const start = () => void informer.start().catch(startSoon);
const startSoon = () => void setTimeout(start, 100);
informer.on('error', startSoon);
const connected = new Promise((resolve) => informer.on('connect', resolve));
start();
await connected;
console.log(JSON.stringify({ synced: true }));

function difference(wanted) {
  const have = new Map(informer.list().map((object) => [key(object), version(object)]));
  if (have.size !== wanted.size) return `${have.size} objects, not ${wanted.size}`;
  for (const [name, at] of wanted) if (have.get(name) !== at) return `${name} at ${have.get(name)}, not ${at}`;
  return undefined;
}

for await (const _line of createInterface({ input: process.stdin })) {
  const wanted = new Map((await list()).items.map((object) => [key(object), version(object)]));
  let problem = difference(wanted);
  for (const end = Date.now() + 30_000; problem && Date.now() < end; problem = difference(wanted)) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(JSON.stringify({ objects: wanted.size, counts: { informer: counts }, problems: problem ? [`cache: ${problem}`, ...problems] : problems }));
}
process.exit(0);
