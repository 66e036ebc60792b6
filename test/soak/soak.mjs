// A server under informers and writers for a while: 50 informers that break off and come back at random, some of them so late that
// their history is gone, 20 writers. No event may be missed or come twice, and the server's memory must stay flat.
//   node test/soak/soak.mjs [--seconds 600] [--informers 50] [--writers 20]     `npm run soak` builds first
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' }, informers: { type: 'string', default: '50' }, writers: { type: 'string', default: '20' } } });
const seconds = Number(values.seconds);
const MEGABYTE = 1024 * 1024;
/** What the heap may breathe after the warm-up, which in a short run is not over: V8 lets garbage lie as long as there is room. */
const MAX_GROWTH = (seconds >= 300 ? 60 : 150) * MEGABYTE;
const OBJECTS_PER_WRITER = 10;
const PAUSE_MS = 50;

const scratch = mkdtempSync(join(tmpdir(), 'kubette-soak-'));
const kubeconfig = join(scratch, 'kubeconfig');
const server = spawn(process.execPath, [join(import.meta.dirname, '../../dist/cli.mjs'), 'serve', '--port', '0', '--in-memory', '--kubeconfig', kubeconfig, '--nodes', '0', '--addons', 'none', '--controllers=-*', '--history-max-revisions', '150'], { stdio: ['ignore', 'pipe', 'inherit'] });
await new Promise((resolve, reject) => {
  server.stdout.once('data', resolve);
  server.once('close', (code) => reject(new Error(`the server ended with exit code ${code}`)));
});
const config = parse(readFileSync(kubeconfig, 'utf8'));
const pem = (text) => Buffer.from(text, 'base64');
const { server: url, 'certificate-authority-data': ca } = config.clusters[0].cluster;
const { 'client-certificate-data': cert, 'client-key-data': key } = config.users[0].user;
const agent = new Agent({ keepAlive: true, ca: pem(ca), cert: pem(cert), key: pem(key) });
const PATH = '/api/v1/configmaps';

let writing = true;
let following = true;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function open(method, path, body) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, url), { method, agent, headers: text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }, resolve);
    call.once('error', reject).end(text);
  });
}

async function send(method, path, body) {
  const response = await open(method, path, body);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { code: response.statusCode, body: JSON.parse(text) };
}

/** Changes its own objects; each change counts `n` up by one, from 0 when an object is made. */
async function writer(number) {
  const path = '/api/v1/namespaces/default/configmaps';
  const versions = new Map();
  while (writing) {
    const name = `w${number}-${Math.floor(Math.random() * OBJECTS_PER_WRITER)}`;
    const n = versions.get(name);
    const object = (next) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { n: String(next), padding: 'x'.repeat(Math.floor(Math.random() * 2000)) } });
    const removes = n !== undefined && Math.random() < 0.1;
    const { code } = n === undefined ? await send('POST', path, object(0)) : removes ? await send('DELETE', `${path}/${name}`) : await send('PUT', `${path}/${name}`, object(n + 1));
    if (code >= 300) throw new Error(`a write was answered with ${code}`);
    if (removes) versions.delete(name);
    else versions.set(name, n === undefined ? 0 : n + 1);
    figures.writes++;
    await sleep(Math.random() * 2 * PAUSE_MS);
  }
}

const figures = { writes: 0, events: 0, restarts: 0, relists: 0, expired: 0 };
const problems = [];

/** Follows all objects, with a cache that must go from one `n` to the next. */
class Informer {
  objects = new Map();
  revision = undefined;
  current = undefined;

  async run() {
    while (following) {
      if (this.revision === undefined) await this.list();
      const breaks = setTimeout(() => this.current?.destroy(), 500 + Math.random() * 5000);
      await this.watch().catch(() => {});
      clearTimeout(breaks);
      figures.restarts++;
      // Most come back at once, some when their history is gone; some have forgotten everything.
      if (Math.random() < 0.1) await sleep(Math.random() * 4000);
      if (Math.random() < 0.05) this.revision = undefined;
    }
  }

  async list() {
    const { body } = await send('GET', PATH);
    this.objects = new Map(body.items.map((item) => [item.metadata.name, { n: Number(item.data?.n ?? 0), revision: Number(item.metadata.resourceVersion) }]));
    this.revision = body.metadata.resourceVersion;
    figures.relists++;
  }

  async watch() {
    this.current = await open('GET', `${PATH}?watch=1&allowWatchBookmarks=true&timeoutSeconds=60&resourceVersion=${this.revision}`);
    let text = '';
    for await (const chunk of this.current.setEncoding('utf8')) {
      const lines = (text + chunk).split('\n');
      text = lines.pop();
      for (const line of lines) this.take(JSON.parse(line));
      if (this.revision === undefined) this.current.destroy();
    }
  }

  take({ type, object }) {
    if (type === 'ERROR') {
      if (object.code !== 410) problems.push(JSON.stringify(object));
      figures.expired++;
      this.revision = undefined;
      return;
    }
    if (this.revision === undefined) return;
    this.revision = object.metadata.resourceVersion;
    if (type === 'BOOKMARK') return;
    figures.events++;
    const { name } = object.metadata;
    const known = this.objects.get(name);
    const next = { n: Number(object.data?.n ?? 0), revision: Number(object.metadata.resourceVersion) };
    const fits = type === 'ADDED' ? known === undefined && next.n === 0 : known !== undefined && next.n === known.n + (type === 'MODIFIED' ? 1 : 0) && next.revision > known.revision;
    if (!fits) problems.push(`${type} of ${name}: ${JSON.stringify(next)} after ${JSON.stringify(known)}`);
    if (type === 'DELETED') this.objects.delete(name);
    else this.objects.set(name, next);
  }

  matches(items) {
    return items.length === this.objects.size && items.every((item) => this.objects.get(item.metadata.name)?.revision === Number(item.metadata.resourceVersion));
  }
}

const residentBytes = () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(server.pid)]).toString()) * 1024;

const informers = Array.from({ length: Number(values.informers) }, () => new Informer());
let failed = false;
try {
  const followers = informers.map((informer) => informer.run());
  const writers = Array.from({ length: Number(values.writers) }, (_, i) => writer(i));
  void Promise.all([...followers, ...writers]).catch((error) => {
    problems.push(String(error));
  });
  const samples = [];
  for (let second = 0; second < seconds && problems.length === 0; second++) {
    await sleep(1000);
    samples.push(residentBytes());
  }
  // Writers end; informers catch up.
  writing = false;
  await Promise.allSettled(writers);
  const { body } = await send('GET', PATH);
  for (const end = Date.now() + 30_000; !informers.every((informer) => informer.matches(body.items)); await sleep(50)) {
    if (Date.now() < end) continue;
    problems.push(`${informers.filter((informer) => !informer.matches(body.items)).length} informers differ from a list`);
    break;
  }
  following = false;
  for (const { current } of informers) current?.destroy();
  // Garbage comes and goes: the least of a stretch of time is what the server needs.
  const least = (from, to) => Math.min(...samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to)));
  const [warm, last] = [least(1 / 3, 1 / 2), least(5 / 6, 1)];
  if (last - warm > MAX_GROWTH) problems.push(`the server grew from ${Math.round(warm / MEGABYTE)} to ${Math.round(last / MEGABYTE)} MB`);
  console.log(`${seconds} s: ${figures.writes} writes, ${figures.events} events to ${informers.length} informers, ${figures.restarts} restarts, ${figures.expired} times 410, ${figures.relists} lists; ${Math.round(warm / MEGABYTE)} MB after the warm-up, ${Math.round(last / MEGABYTE)} MB in the end`);
  failed = problems.length > 0;
  for (const problem of problems.slice(0, 20)) console.error(problem);
} finally {
  agent.destroy();
  server.removeAllListeners('close');
  server.kill('SIGTERM');
  rmSync(scratch, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
