import { parseFieldSelector } from '../api/field-selector.js';
import { isPathSegmentName } from '../api/names.js';
import type { RequestInfo, Verb } from '../api/request-info.js';

/** A path that looks like the API's but stops too early: answered with a plain 500, as the real server does. */
export class UnclearPathError extends Error {}

const VERBS: ReadonlyMap<string, Verb> = new Map([['POST', 'create'], ['GET', 'get'], ['HEAD', 'get'], ['PUT', 'update'], ['PATCH', 'patch'], ['DELETE', 'delete']]);

/** Segments after a namespace's name that are parts of the namespace itself, not resources within it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/**
 * What a request asks for, by the rules of k8s.io/apiserver/pkg/endpoints/request/requestinfo.go.
 * `path` is percent-decoded and has no query; `query` is looked at for lists only.
 * Methods without a verb and the long gone `/api/v1/proxy/…` give a non-resource request, which nothing answers to.
 * Throws {@link UnclearPathError} for `/api/v1/watch` and `/api/v1/proxy` without more.
 */
export function parseRequestInfo(method: string, path: string, query: () => URLSearchParams): RequestInfo {
  const other: RequestInfo = { isResource: false, path, verb: method.toLowerCase() };
  // No route begins so.
  if (path.startsWith('//')) return other;
  const segments = splitPath(path);
  const prefix = segments[0];
  if (segments.length < 3 || (prefix !== 'api' && prefix !== 'apis')) return other;
  if (prefix === 'apis' && (segments.length < 4 || segments[1] === '')) return other;
  let at = prefix === 'api' ? 1 : 2;
  const group = prefix === 'api' ? '' : (segments[1] as string);
  const version = segments[at++] as string;

  let verb = VERBS.get(method);
  const special = segments[at];
  if (special === 'watch' || special === 'proxy') {
    if (segments.length - at < 2) throw new UnclearPathError(`unable to determine kind and namespace from url, ${path}`);
    at++;
    verb = special === 'watch' ? 'watch' : undefined;
  }
  if (verb === undefined) return other;

  let namespace = '';
  if (segments[at] === 'namespaces' && segments.length > at + 1) {
    namespace = segments[at + 1] as string;
    const next = segments[at + 2];
    if (next !== undefined && !NAMESPACE_SUBRESOURCES.has(next)) at += 2;
  }
  const resource = segments[at] as string;
  let name = segments[at + 1] ?? '';
  if (name === '' && verb === 'get') {
    const list = listOptions(query());
    verb = list.watch ? 'watch' : 'list';
    name = list.name;
  } else if (name === '' && verb === 'delete') {
    verb = 'deletecollection';
  }
  return { isResource: true, path, verb, group, version, resource, subresource: segments[at + 2] ?? '', namespace, name, rest: restOf(segments, at + 3, path) };
}

function splitPath(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path[start] === '/') start++;
  while (end > start && path[end - 1] === '/') end--;
  return start === end ? [] : path.slice(start, end).split('/');
}

/** The path that a proxy passes on: with a leading slash unless empty, with the trailing slash of the request. */
function restOf(segments: readonly string[], from: number, path: string): string {
  if (segments.length < from) return '';
  let rest = segments.slice(from).join('/');
  if (rest !== '' && !rest.startsWith('/')) rest = `/${rest}`;
  return path.endsWith('/') && !rest.endsWith('/') ? `${rest}/` : rest;
}

/**
 * Whether a list is a watch, and the one name it is about, which authorization then looks at.
 * Options that do not parse give no name: the verb itself will answer 400.
 */
function listOptions(query: URLSearchParams): { watch: boolean; name: string } {
  const asked = query.get('watch');
  const watch = asked !== null && asked !== '0' && asked.toLowerCase() !== 'false';
  const selector = query.get('fieldSelector');
  if (!selector || !optionsParse(query)) return { watch, name: '' };
  try {
    const name = parseFieldSelector(selector).valueOf('metadata.name') ?? '';
    return { watch, name: isPathSegmentName(name).length === 0 ? name : '' };
  } catch {
    return { watch, name: '' };
  }
}

function optionsParse(query: URLSearchParams): boolean {
  return ['limit', 'timeoutSeconds'].every((option) => /^[-+]?\d+$/.test(query.get(option) ?? '0'));
}
