// Lists and watches with every combination of options, and how their answers are written down:
// one line each, with the revisions named after the writes that made them.

export const NAMESPACE = 'reads';
const BASE = `/api/v1/namespaces/${NAMESPACE}/secrets`;
const MERGE = { 'content-type': 'application/merge-patch+json' };

/** Writes the objects that are read. `call(method, path, body, headers)` gives the parsed answer. Resolves with the world to read in. */
export async function setUp(call) {
  const revisions = {};
  const note = async (name, answer) => (revisions[name] = Number((await answer).metadata.resourceVersion));
  for (const name of 'abcdefg') {
    const labels = { odd: String('aceg'.includes(name)), app: 'x' };
    await note(`+${name}`, call('POST', BASE, { metadata: { name, labels } }));
  }
  await note('~b', call('PATCH', `${BASE}/b`, { data: { k: 'Yg==' } }, MERGE));
  await call('DELETE', `${BASE}/d`);
  await note('~c', call('PATCH', `${BASE}/c`, { metadata: { labels: { odd: 'false' } } }, MERGE));
  const started = await call('GET', `${BASE}?limit=2`);
  return { revisions, future: revisions['~c'] + 1_000_000, token: started.metadata.continue };
}

const token = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const V1 = 'meta.k8s.io/v1';
/** Continue tokens that are not the server's own. */
const TOKENS = {
  inconsistent: token({ v: V1, rv: -1, start: '/b\0' }),
  without_slash: token({ v: V1, rv: -7, start: 'b\0' }),
  inclusive: token({ v: V1, rv: -1, start: '/b' }),
  no_json: 'abc',
  no_base64: '!!',
  odd_length: 'abcde',
  cut_off: token('{"v":"meta.k8s.io/v1"'),
  array: token([1]),
  number: token('7'),
  null: token('null'),
  other_version: token({ v: 'meta.k8s.io/v2', rv: 5, start: 'a' }),
  no_revision: token({ v: V1, start: 'a' }),
  text_revision: token({ v: V1, rv: 'x', start: 'a' }),
  fraction: token({ v: V1, rv: 1.5, start: 'a' }),
  no_start: token({ v: V1, rv: 5 }),
  number_start: token({ v: V1, rv: 5, start: 1 }),
  way_out: token({ v: V1, rv: 5, start: '../x' }),
  double_slash: token({ v: V1, rv: 5, start: 'a//b' }),
  not_yet: token({ v: V1, rv: 999_999_999, start: 'a' }),
};

const REVISIONS = ['', '0', '{+e}', '{~b}', '{~c}', '0{+e}', '{future}', 'abc', '-1', '1.5', '18446744073709551615', '18446744073709551616'];
const MATCHES = [undefined, '', 'Exact', 'NotOlderThan', 'exact'];
const SELECTORS = [{}, { labelSelector: 'odd=true' }, { labelSelector: 'odd=false' }, { fieldSelector: 'metadata.name=c' }, { labelSelector: 'app=x', fieldSelector: 'metadata.name!=c' }];

const query = (options) =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

function* listQueries() {
  for (const resourceVersion of [undefined, ...REVISIONS]) {
    for (const resourceVersionMatch of MATCHES) {
      for (const limit of [undefined, 2]) {
        for (const selector of SELECTORS.slice(0, resourceVersionMatch === '' ? 1 : undefined)) yield { resourceVersion, resourceVersionMatch, limit, ...selector };
      }
    }
  }
  for (const limit of ['', '0', '1', '3', '4', '6', '100', '-1', 'abc', '1.5', '+2', '9223372036854775808']) {
    for (const selector of SELECTORS) yield { limit, ...selector };
  }
  for (const name of ['{token}', ...Object.keys(TOKENS).map((key) => `{${key}}`)]) {
    for (const resourceVersion of [undefined, '0', '{~b}', 'abc']) yield { continue: name, resourceVersion, limit: 2 };
    for (const selector of SELECTORS.slice(1)) yield { continue: name, ...selector };
    yield { continue: name, resourceVersion: '{~b}', resourceVersionMatch: 'Exact' };
  }
  for (const sendInitialEvents of ['true', 'false', '', '0', 'x']) yield { sendInitialEvents, resourceVersionMatch: 'NotOlderThan', resourceVersion: 0 };
  // Which of several mistakes is told.
  for (const limit of [undefined, 'x']) {
    for (const selector of [{ labelSelector: '===' }, { fieldSelector: 'metadata.name' }, { fieldSelector: 'spec.x=1' }, { labelSelector: '!!', fieldSelector: 'x' }]) {
      for (const resourceVersionMatch of [undefined, 'Bogus']) {
        for (const next of [undefined, '{no_json}']) yield { ...selector, limit, resourceVersionMatch, continue: next, resourceVersion: 'abc' };
      }
    }
  }
}

function* watchQueries() {
  const base = { watch: 1, timeoutSeconds: 1 };
  for (const resourceVersion of [undefined, ...REVISIONS]) {
    for (const resourceVersionMatch of [undefined, 'NotOlderThan', 'Exact', '']) {
      for (const sendInitialEvents of [undefined, true, false, '']) {
        for (const allowWatchBookmarks of [undefined, true]) {
          for (const selector of resourceVersionMatch === 'Exact' ? [{}] : [{}, { labelSelector: 'odd=true' }]) yield { ...base, resourceVersion, resourceVersionMatch, sendInitialEvents, allowWatchBookmarks, ...selector };
        }
      }
    }
  }
  for (const selector of [{ fieldSelector: 'metadata.name=c' }, { labelSelector: 'odd=x' }, { labelSelector: '===' }, { fieldSelector: 'spec.x=1' }]) {
    for (const resourceVersion of [undefined, '{+c}', 'abc']) {
      for (const more of [{}, { limit: 1 }, { limit: 'x' }, { continue: '{no_json}' }, { timeoutSeconds: '' }, { timeoutSeconds: 'x' }, { resourceVersionMatch: 'Bogus' }]) yield { ...base, resourceVersion, ...selector, ...more };
    }
  }
}

/** The deprecated paths: their options are checked by the rules of lists unless they say `watch` too. */
const WATCH_PATHS = ['', '?resourceVersion={~b}', '?resourceVersion={~b}&resourceVersionMatch=Exact', '?sendInitialEvents=true&resourceVersionMatch=NotOlderThan', '?allowWatchBookmarks=true', '?watch=true&allowWatchBookmarks=true', '?watch=true&resourceVersionMatch=Exact'].flatMap((text) => {
  const timed = `${text}${text === '' ? '?' : '&'}timeoutSeconds=1`;
  return [`/api/v1/watch/namespaces/${NAMESPACE}/secrets${timed}`, `/api/v1/watch/namespaces/${NAMESPACE}/secrets/c${timed}`];
});

/** Everything that is asked, as paths with names of revisions and tokens in braces; a query alone is one of the secrets' list. */
export const requests = [
  ...new Set([
    ...[...listQueries(), ...watchQueries()].map((options) => `?${query(options)}`),
    ...WATCH_PATHS,
    `/api/v1/watch/namespaces/${NAMESPACE}/secrets/c?fieldSelector=metadata.name=b`,
    `/api/v1/watch/namespaces/${NAMESPACE}/secrets/c?fieldSelector=type=Opaque`,
    ...['{~b}', '0', 'abc', '{future}', '18446744073709551615'].map((revision) => `${BASE}/c?resourceVersion=${revision}`),
  ]),
];

/** The request as it is sent. */
export function pathIn(world, request) {
  const [path, text = ''] = request.split('?');
  const filled = text.replaceAll(/\{([^}]+)\}/g, (_, name) => (name === 'future' ? world.future : name === 'token' ? world.token : (TOKENS[name] ?? world.revisions[name])));
  const parameters = new URLSearchParams();
  for (const part of filled.split('&').filter((each) => each !== '')) {
    const equals = part.indexOf('=');
    parameters.append(part.slice(0, equals), part.slice(equals + 1));
  }
  return `${path || BASE}?${parameters}`;
}

/** Answers by what is answered so: `{ ANSWER: [REQUEST, …] }`. */
export function grouped(answers) {
  const groups = {};
  for (const [request, answer] of answers) (groups[answer] ??= []).push(request);
  return groups;
}

/** An answer in one line. When plain bookmarks come is another matter: they are left out. */
export function lineOf(world, { code, headers, text }) {
  const retry = headers['retry-after'] ? ` Retry-After: ${headers['retry-after']}` : '';
  const documents = text.split(/(?<=\})\n(?=\{)/).filter((line) => line.trim() !== '').map((line) => JSON.parse(line)).filter(({ type, object }) => type !== 'BOOKMARK' || object.metadata.annotations);
  return `${code}${retry} ${documents.map((document) => documentLine(world, document)).join('; ')}`.trimEnd();
}

function documentLine(world, document) {
  if (document.type && document.object) return `${document.type} ${documentLine(world, document.object)}`;
  const { kind, metadata, items } = document;
  if (kind === 'Status') return JSON.stringify({ ...document, kind: undefined, apiVersion: undefined, status: undefined, message: numbersIn(world, document.message), metadata: statusMeta(world, metadata) });
  if (items) return `${kind}@${nameOf(world, metadata.resourceVersion)} [${items.map((item) => objectLine(world, item)).join(' ')}]${metadata.continue ? ` continue ${tokenLine(world, metadata.continue)}` : ''}${metadata.remainingItemCount === undefined ? '' : ` remaining ${metadata.remainingItemCount}`}`;
  return objectLine(world, document);
}

function objectLine(world, { metadata }) {
  return `${metadata.name ?? ''}@${nameOf(world, metadata.resourceVersion)}${metadata.annotations ? ` ${JSON.stringify(metadata.annotations)}` : ''}`;
}

function statusMeta(world, { continue: next, ...metadata }) {
  return next ? { ...metadata, continue: tokenLine(world, next) } : metadata;
}

function tokenLine(world, text) {
  const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString());
  return `${rv < 0 ? rv : nameOf(world, String(rv))} ${start.replace('\0', '…')}`;
}

const BUILT_INTO_TEXTS = new Set(['64', '18446744073709551615', '18446744073709551616', '9223372036854775808', '999999999']);

/** Revisions in a message by their names. Numbers that belong to the text stay. */
function numbersIn(world, message) {
  return message.replaceAll(/\d{2,}/g, (digits) => (BUILT_INTO_TEXTS.has(digits) ? digits : `{${nameOf(world, digits)}}`));
}

/** The write that made a revision; 'now' for all from the last one on, as others write too. */
function nameOf({ revisions, future }, text) {
  const number = Number(text);
  if (number === future) return 'future';
  if (number >= revisions['~c']) return 'now';
  const [name] = Object.entries(revisions).find(([, revision]) => revision === number) ?? [];
  return name ?? (number > revisions['~b'] ? '-d' : text);
}
