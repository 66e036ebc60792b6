import { notAcceptable } from '../api/errors.js';
import { encodeObject } from '../pipeline/encode/object.js';
import { parseAccept, wantsPretty, type Encoding } from '../pipeline/negotiate.js';
import { VERSION_INFO } from './version.js';

export interface StatuszReply {
  readonly code: 200 | 406;
  readonly contentType: string;
  readonly body: Buffer;
  readonly warning?: string;
}

export interface StatuszFacts {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly now: number;
  /** Every path that the server answers; only their first parts are told. */
  readonly paths: readonly string[];
}

const GROUP = 'config.k8s.io';
const DEPRECATED_WARNING = '299 - "This version of the statusz endpoint is deprecated. Please use a newer version."';
/** By what they can be asked for; in this order when a clause allows several. */
const FORMS = [
  ['application', 'json'],
  ['application', 'yaml'],
  ['text', 'plain'],
] as const;
/** What is the API's, and says nothing about the server. */
const API_FOLDERS = new Set(['/apis', '/api', '/openid', '/openapi', '/.well-known']);

/**
 * What /statusz answers (KEP-4827): text for people, or an object of config.k8s.io for who names its version.
 * Any other wish is answered with 406.
 */
export function statusz({ startedAt, now, paths }: StatuszFacts, { accept = '', userAgent, query }: { accept: string | undefined; userAgent: string | undefined; query: URLSearchParams }): StatuszReply {
  const seconds = Math.max(0, Math.floor((now - startedAt) / 1000));
  const folders = foldersOf(paths);
  const form = negotiateForm(accept);
  const pretty = wantsPretty(query, userAgent);
  if (!form) return refusal(accept, pretty);
  if (form === 'text') return { code: 200, contentType: 'text/plain; charset=utf-8', body: Buffer.from(textOf(startedAt, seconds, folders)) };
  const object = {
    kind: 'Statusz',
    apiVersion: `${GROUP}/${form.version}`,
    metadata: { name: 'apiserver' },
    startTime: new Date(startedAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    uptimeSeconds: seconds,
    goVersion: VERSION_INFO.goVersion,
    binaryVersion: VERSION_INFO.gitVersion.slice(1),
    emulationVersion: EMULATED,
    paths: folders,
  };
  const body = Buffer.concat(encodeObject(object, undefined, { encoding: form.encoding, pretty }));
  return { code: 200, contentType: `application/${form.encoding};g=${GROUP};v=${form.version};as=Statusz`, body, ...(form.version === 'v1alpha1' ? { warning: DEPRECATED_WARNING } : {}) };
}

const EMULATED = `${VERSION_INFO.emulationMajor}.${VERSION_INFO.emulationMinor}`;

/** The encoder of errors negotiates anew, with no kind asked for; when nothing comes of that either, it writes raw JSON. */
function refusal(accept: string, pretty: boolean): StatuszReply {
  const status = notAcceptable('only the following media types are accepted: application/json, application/yaml, text/plain').toStatus();
  const encoding = parseAccept(accept).flatMap(({ type, parameters }): Structured[] => (parameters.has('as') || parameters.has('g') || parameters.has('v') ? [] : type === 'application/json' || type === 'application/*' ? ['json'] : type === 'application/yaml' ? ['yaml'] : []))[0];
  if (encoding) return { code: 406, contentType: `application/${encoding}`, body: Buffer.concat(encodeObject(status, undefined, { encoding, pretty })) };
  return { code: 406, contentType: 'application/json', body: Buffer.from(JSON.stringify(status, undefined, 2)) };
}

type Structured = Exclude<Encoding, 'protobuf'>;

function negotiateForm(accept: string): 'text' | { readonly encoding: Structured; readonly version: string } | undefined {
  if (!accept.trim()) return 'text';
  for (const { type, parameters } of parseAccept(accept)) {
    const [main, sub] = type.split('/');
    const version = parameters.get('v') ?? '';
    const isPlain = !parameters.has('as') && !parameters.has('g') && !parameters.has('v');
    const isObject = parameters.get('as') === 'Statusz' && parameters.get('g') === GROUP && (version === 'v1alpha1' || version === 'v1beta1');
    for (const [offeredMain, offeredSub] of FORMS) {
      if ((main !== '*' && main !== offeredMain) || (sub !== '*' && sub !== offeredSub)) continue;
      if (offeredSub === 'plain' ? isPlain : isObject) return offeredSub === 'plain' ? 'text' : { encoding: offeredSub, version };
    }
  }
  return undefined;
}

/** Kubernetes takes another mark after each name by chance, so that nobody reads this by program; this is one of its four. */
const MARK = ':';

function textOf(startedAt: number, seconds: number, folders: readonly string[]): string {
  const two = (count: number): string => String(count).padStart(2, '0');
  const lines = [
    ['Started', unixDate(new Date(startedAt))],
    ['Up', `${Math.floor(seconds / 3600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`],
    ['Go version', VERSION_INFO.goVersion],
    ['Binary version', VERSION_INFO.gitVersion.slice(1)],
    ['Emulation version', EMULATED],
    ['Paths', folders.join(' ')],
  ];
  const warning = 'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';
  return `\napiserver statusz\n${warning}\n\n${lines.map(([name, value]) => `${name}${MARK} ${value}\n`).join('')}`;
}

/** Go's time.UnixDate: Mon Jan _2 15:04:05 UTC 2006. */
function unixDate(date: Date): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = date.toUTCString().split(/,? /);
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} UTC ${year}`;
}

function foldersOf(paths: readonly string[]): string[] {
  const folders = paths.map((path) => `/${path.split('/')[1] ?? ''}`).filter((folder) => folder !== '/' && !API_FOLDERS.has(folder));
  return [...new Set(folders)].sort();
}
