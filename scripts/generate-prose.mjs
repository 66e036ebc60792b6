// Reads the prose of the API (field and parameter descriptions) out of the typings of the installed @kubernetes/client-node,
// which Kubernetes generates from the same OpenAPI documents. It is not committed: the build ships it as dist/openapi/prose.json.br.
//   node scripts/generate-prose.mjs [FILE]     (openapi/prose.json.br, where sources look for it)
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const typings = join(root, 'node_modules/@kubernetes/client-node/dist/gen');
const readJson = (name) => JSON.parse(readFileSync(join(root, 'openapi', name), 'utf8'));

/** A doc comment's text as it was before the generators of client-node escaped it and put it on one line. */
function unescape(text) {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-fA-F]+);/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/\\(['"`\\])/g, '$1')
    .replace(/\*_\//g, '*/')
    .replace(/\/_\*/g, '/*');
}

/** What a class of the typings says: its own description under '', those of its properties under their names. */
function readModel(file) {
  const text = readFileSync(file, 'utf8');
  const prose = {};
  const own = /\/\*\*\n((?:\* ?.*\n)+)\*\/\nexport declare class/.exec(text);
  if (own) prose[''] = comment(own[1]);
  for (const [, body, name] of text.matchAll(/ {4}\/\*\*\n((?: {4}\* ?.*\n)+?) {4}\*\/\n {4}'([^']+)'\??:/g)) prose[propertyName(name)] = comment(body);
  return prose;
}

/** Typings write reserved words as _default and dashes as underscores. */
function propertyName(name) {
  const plain = name.replace(/^_/, '');
  return plain.startsWith('x_kubernetes_') ? plain.replaceAll('_', '-') : plain;
}

function comment(body) {
  const lines = body.trimEnd().split('\n').map((line) => line.replace(/^ *\* ?/, ''));
  return unescape(lines.join('\n'));
}

/** Typings call a model V1Pod, and CoreV1Event where several groups have one of that name. */
function modelFile(definition) {
  const parts = definition.split('.');
  const [group, version, kind] = [parts.at(-3), parts.at(-2), parts.at(-1)];
  const title = (word) => word[0].toUpperCase() + word.slice(1);
  const prefixes = definition.includes('apiextensions') ? ['Apiextensions'] : definition.includes('kube-aggregator') ? ['Apiregistration'] : [title(group)];
  const names = [...prefixes.map((prefix) => `${prefix}${title(version)}${kind}`), `${title(version)}${kind}`, ...(definition.endsWith('.version.Info') ? ['VersionInfo'] : [])];
  return names.map((name) => join(typings, 'models', `${name}.d.ts`)).find((file) => existsSync(file));
}

/** Texts that the API methods' doc comments have for parameters, by name, the most frequent first. */
function readParameters() {
  const all = readFileSync(join(typings, 'types', 'ObjectParamAPI.d.ts'), 'utf8');
  const found = {};
  for (const [, body, name] of all.matchAll(/ {4}\/\*\*\n((?: {5}\* ?.*\n)+?) {5}\*\/\n {4}(\w+)\??:/g)) {
    const lines = body.trimEnd().split('\n').map((line) => line.replace(/^ *\* ?/, ''));
    const end = lines.findIndex((line) => line.startsWith('Defaults to: ') || line.startsWith('@type'));
    const text = unescape(lines.slice(0, end).join('\n'));
    const texts = (found[name.replace(/^_/, '')] ??= new Map());
    if (text) texts.set(text, (texts.get(text) ?? 0) + 1);
  }
  return Object.fromEntries(Object.entries(found).map(([name, texts]) => [name, [...texts].sort((a, b) => b[1] - a[1]).map(([text]) => text)]));
}

/**
 * The text of each parameter of openapi/parameters.json. Their keys end in a hash of the parameter as Go prints it,
 * which tells which of several texts is meant.
 */
function parameterProse(breaks) {
  const texts = readParameters();
  const prose = {};
  for (const [key, { name, in: place, type }] of Object.entries(readJson('parameters.json'))) {
    const candidates = (texts[name] ?? []).map((text) => restoreLines(text, breaks[key] ?? []));
    const exact = candidates.find((description) => {
      const parameter = { uniqueItems: true, type, description, name, in: place, ...(place === 'path' ? { required: true } : {}) };
      return key === `${name}-${shortHash(JSON.stringify(parameter))}`;
    });
    const text = exact ?? candidates[0];
    if (text !== undefined) prose[key] = text;
  }
  return prose;
}

/** The first six bytes of FNV-1, as URL-safe base64: how k8s.io/kube-openapi names shared parameters. */
function shortHash(text) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = ((hash * 0x100000001b3n) & 0xffffffffffffffffn) ^ BigInt(byte);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(hash);
  return bytes.subarray(0, 6).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/**
 * Typings lose line breaks and tabs; openapi/line-breaks.json says which space of a text was one: offsets by definition
 * and property, those of tabs negative (no text starts with one).
 */
function restoreLines(text, offsets) {
  const letters = [...text];
  for (const offset of offsets) if (letters[Math.abs(offset)] === ' ') letters[Math.abs(offset)] = offset < 0 ? '\t' : '\n';
  return letters.join('');
}

export function generateProse() {
  const schemas = readJson('schemas.json');
  const breaks = existsSync(join(root, 'openapi', 'line-breaks.json')) ? readJson('line-breaks.json') : {};
  const definitions = {};
  for (const name of Object.keys(schemas)) {
    const file = modelFile(name);
    if (!file) continue;
    const prose = readModel(file);
    for (const [property, offsets] of Object.entries(breaks[name] ?? {})) if (prose[property] !== undefined) prose[property] = restoreLines(prose[property], offsets);
    if (Object.keys(prose).length > 0) definitions[name] = prose;
  }
  return { definitions, parameters: parameterProse(breaks['#parameters'] ?? {}) };
}

export function writeProse(file) {
  mkdirSync(dirname(file), { recursive: true });
  const text = Buffer.from(JSON.stringify(generateProse()));
  writeFileSync(file, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeProse(process.argv[2] ?? join(root, 'openapi', 'prose.json.br'));
