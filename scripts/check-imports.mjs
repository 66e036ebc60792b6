// Enforces the table of docs/architecture.md: which folder of src/ may import which, and which package has which home.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const src = join(root, 'src');

/** Folder (or file) of src/ → what it may import beside itself. Always pointing down. */
const ALLOWED = {
  cli: ['index', 'base/make-folder'],
  index: ['*'],
  cluster: ['*'],
  'cluster-options': ['*'],
  'start-cluster': ['*'],
  'control-plane': ['*'],
  'webhook-environment': ['admission', 'registry', 'apply', 'watch', 'schema', 'api', 'base'],
  'policy-types': ['admission', 'registry', 'api', 'base'],
  'cluster-parts': ['*'],
  'cluster-routes': ['*'],
  'virtual-clusters': ['*'],
  residents: ['*'],
  embed: ['manifests', 'snapshot', 'http/server', 'client', 'schema', 'storage', 'api', 'base'],
  testing: ['index'],
  admin: ['embed', 'faults', 'recording', 'snapshot', 'pipeline', 'api', 'base'],
  manifests: ['client', 'registry', 'schema', 'api', 'base'],
  audit: ['pipeline', 'registry', 'authn', 'schema', 'api', 'base'],
  faults: ['pipeline', 'registry', 'storage', 'api', 'base'],
  recording: ['pipeline', 'schema', 'api', 'base'],
  snapshot: ['storage', 'api', 'base'],
  workloads: ['*'],
  bootstrap: ['registry', 'schema', 'api', 'base'],
  kubelet: ['client', 'api', 'base'],
  scheduler: ['client', 'cel', 'api', 'base'],
  controllers: ['client', 'quota', 'api', 'base'],
  http: ['pipeline', 'registry/subresource', 'authn', 'api', 'base'],
  client: ['pipeline/request', 'api', 'base'],
  pipeline: ['discovery', 'authn', 'authz', 'admission', 'kinds', 'registry', 'apply', 'patch', 'watch', 'storage', 'schema', 'api', 'base'],
  discovery: ['registry', 'schema', 'api', 'base'],
  cel: ['api', 'base'],
  authn: ['watch', 'api', 'base'],
  authz: ['watch', 'api', 'base'],
  admission: ['quota', 'watch', 'storage', 'cel', 'patch', 'schema', 'api', 'base'],
  quota: ['schema', 'api', 'base'],
  kinds: ['registry', 'watch/types', 'apply/field-filter', 'authz', 'cel', 'schema', 'api', 'base'],
  registry: ['apply', 'patch', 'watch', 'storage', 'schema', 'api', 'base'],
  apply: ['schema', 'api', 'base'],
  patch: ['schema', 'api', 'base'],
  watch: ['storage', 'api', 'base'],
  storage: ['api', 'base'],
  schema: ['api', 'base'],
  api: ['base'],
  base: [],
};

/** Third-party package → the only places that import it. */
const HOMES = {
  express: ['http/'],
  ws: ['http/streams/'],
  level: ['storage/engines/level/'],
  'classic-level': ['storage/engines/level/'],
  ajv: ['schema/'],
  re2js: ['base/go-regexp'],
  yaml: ['schema/', 'cli/'],
  protobufjs: ['schema/protobuf/'],
  'fast-json-patch': ['patch/'],
  jose: ['authn/'],
  pino: ['cli/'],
  'prom-client': ['http/'],
  croner: ['controllers/cronjob/'],
  '@kubernetes/client-node': ['embed/'],
  tar: ['kubelet/runtimes/process/'],
  'dns-packet': ['kubelet/network/'],
  vitest: ['testing/'],
  'just-bash': ['kubelet/runtimes/simulated/'],
};

function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else if (path.endsWith('.ts')) yield path;
  }
}

const top = (path) => relative(src, path).split('/')[0].replace(/(\.test)?\.ts$/, '');
let problems = 0;
const complain = (file, text) => {
  problems++;
  console.error(`${relative(root, file)}: ${text}`);
};

for (const file of files(src)) {
  const isTest = file.endsWith('.test.ts');
  const from = top(file);
  const text = readFileSync(file, 'utf8');
  for (const [, fromPath, dynamicPath] of text.matchAll(/^(?:(?:import|export)\b[^'\"`;]*?from\s*|import\s*)'([^']+)'|\bimport\('([^']+)'\)/gm)) {
    const specifier = fromPath ?? dynamicPath;
    if (specifier.startsWith('.')) {
      const target = normalize(join(dirname(file), specifier));
      const path = relative(src, target).replace(/\.js$/, '');
      if (path.startsWith('..')) {
        if (!isTest) complain(file, `imports ${specifier} from outside src/`);
        continue;
      }
      const to = path.split('/')[0];
      const allowed = ALLOWED[from];
      if (!allowed) complain(file, `stands in a folder that the table does not know: ${from}`);
      else if (to !== from && !allowed.includes('*') && !allowed.includes(to) && !allowed.some((a) => path === a) && !isTest) complain(file, `${from}/ may not import ${path}`);
    } else if (!specifier.startsWith('node:')) {
      const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0];
      const homes = HOMES[name];
      const path = relative(src, file);
      if (isTest) continue;
      if (!homes) complain(file, `imports ${name}, which has no home in scripts/check-imports.mjs`);
      else if (!homes.some((home) => path.startsWith(home))) complain(file, `imports ${name}, whose home is ${homes.join(', ')}`);
    }
  }
}
console.log(problems === 0 ? 'imports follow the table' : `${problems} imports break the table`);
process.exitCode = problems === 0 ? 0 : 1;
