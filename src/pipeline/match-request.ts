import type { ApiRequest } from './request.js';

/** One value or several, any of which will do; `*` in them stands for anything. */
export type Pattern = string | readonly string[];

/** Which requests somebody means; what is left out matches everything. */
export interface RequestPattern {
  /** get, list, watch, create, update, patch, delete, deletecollection; the method in lower case for paths that are no resource. */
  readonly verb?: Pattern | undefined;
  /** `pods`, `deployments.apps`, `pods/log`. */
  readonly resource?: Pattern | undefined;
  /** `status`, `log`; '' for the object itself. */
  readonly subresource?: Pattern | undefined;
  readonly namespace?: Pattern | undefined;
  readonly name?: Pattern | undefined;
  readonly user?: Pattern | undefined;
  readonly userAgent?: Pattern | undefined;
  /** The path, without the query. */
  readonly path?: Pattern | undefined;
}

export const PATTERN_FIELDS = ['verb', 'resource', 'subresource', 'namespace', 'name', 'user', 'userAgent', 'path'] as const;

/** What a pattern is compared with. */
export type RequestTraits = Readonly<Record<Exclude<(typeof PATTERN_FIELDS)[number], 'resource'>, string>> & { readonly group: string; readonly resource: string };

export function traitsOf({ info, user, headers }: Pick<ApiRequest, 'info' | 'user' | 'headers'>): RequestTraits {
  const { group = '', resource = '', subresource = '', namespace = '', name = '' } = info.isResource ? info : {};
  return { verb: info.verb, path: info.path, group, resource, subresource, namespace, name, user: user.name, userAgent: headers['user-agent'] ?? '' };
}

/** The pattern as a function, made once for many requests. */
export function requestMatcher(pattern: RequestPattern): (traits: RequestTraits) => boolean {
  const tests: Array<(traits: RequestTraits) => boolean> = [];
  for (const field of PATTERN_FIELDS) {
    const wanted = pattern[field];
    if (wanted === undefined) continue;
    const values = typeof wanted === 'string' ? [wanted] : wanted;
    if (field === 'resource') tests.push(anyOf(values.map(resourceTest)));
    else tests.push(anyOf(values.map((value) => wildcard(value)).map((test) => (traits: RequestTraits) => test(traits[field]))));
  }
  return (traits) => tests.every((test) => test(traits));
}

const anyOf = (tests: ReadonlyArray<(traits: RequestTraits) => boolean>) => (traits: RequestTraits): boolean => tests.some((test) => test(traits));

/** `pods` (of any group), `deployments.apps`, either with a subresource behind a slash; without one it says nothing about that. */
function resourceTest(text: string): (traits: RequestTraits) => boolean {
  const slash = text.indexOf('/');
  const whole = slash < 0 ? text : text.slice(0, slash);
  const subresource = slash < 0 ? undefined : wildcard(text.slice(slash + 1));
  const dot = whole.indexOf('.');
  const resource = wildcard(dot < 0 ? whole : whole.slice(0, dot));
  const group = dot < 0 ? undefined : wildcard(whole.slice(dot + 1));
  return (traits) => traits.resource !== '' && resource(traits.resource) && (!group || group(traits.group)) && (!subresource || subresource(traits.subresource));
}

function wildcard(text: string): (value: string) => boolean {
  if (!text.includes('*')) return (value) => value === text;
  const expression = new RegExp(`^${text.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 's');
  return (value) => expression.test(value);
}
