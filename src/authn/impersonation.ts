import { badRequest } from '../api/errors.js';
import { isDns1123Subdomain } from '../api/names.js';
import { ANONYMOUS, AUTHENTICATED, SYSTEM_MASTERS, UNAUTHENTICATED, type UserInfo } from '../api/user.js';
import { accessDenied, type AccessAttributes, type Authorize } from './access.js';
import { NODE_NAME, parseServiceAccountUserName, serviceAccountGroups } from './service-account-user.js';

/** Whom a request wants to be taken for: exactly what its Impersonate-… headers say. */
export interface WantedUser {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

const EXTRA = 'impersonate-extra-';

/** Whether any header is about impersonation: the cheap look that every request gets. */
export function hasImpersonation(headers: object): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true;
  return false;
}

/** Undefined when no user is named and nothing else either. Throws ApiError 400 for groups, uid or extra without a user. */
export function readImpersonation(headers: DistinctHeaders): WantedUser | undefined {
  const name = headers['impersonate-user']?.[0] ?? '';
  const uid = headers['impersonate-uid']?.[0] ?? '';
  const groups = headers['impersonate-group'] ?? [];
  const extra = new Map<string, readonly string[]>();
  for (const [header, values] of Object.entries(headers)) {
    if (header.startsWith(EXTRA) && values) extra.set(decodeKey(header.slice(EXTRA.length)), values);
  }
  const wanted: WantedUser = { name, uid, groups, extra: Object.fromEntries(extra) };
  if (name !== '') return wanted;
  if (uid === '' && groups.length === 0 && extra.size === 0) return undefined;
  throw badRequest(`requested ${goText(wanted)} without impersonating a user name`);
}

/** The way a requester may become another user: each is a right of its own (KEP-5284), the last is the old one of v1.3. */
interface Mode {
  /** '' for the old mode, whose verb is plain "impersonate". */
  readonly name: string;
  applies(wanted: WantedUser, requester: UserInfo): boolean;
}

const onlyName = ({ uid, groups, extra }: WantedUser): boolean => uid === '' && groups.length === 0 && Object.keys(extra).length === 0;

const MODES: readonly Mode[] = [
  {
    name: 'associated-node',
    applies: (wanted, requester) => {
      const node = nodeOf(wanted.name);
      const own = requester.extra?.[NODE_NAME];
      return onlyName(wanted) && node !== undefined && parseServiceAccountUserName(requester.name) !== undefined && own?.length === 1 && own[0] === node;
    },
  },
  { name: 'arbitrary-node', applies: (wanted) => onlyName(wanted) && nodeOf(wanted.name) !== undefined },
  { name: 'serviceaccount', applies: (wanted) => onlyName(wanted) && parseServiceAccountUserName(wanted.name) !== undefined },
  { name: 'user-info', applies: (wanted) => nodeOf(wanted.name) === undefined && parseServiceAccountUserName(wanted.name) === undefined },
  { name: '', applies: () => true },
];

/**
 * The user that the request is to be taken for, once `authorize` has agreed to some mode of impersonation.
 * Rejects with the ApiError 403 of the first mode that applies.
 */
export async function impersonate(requester: UserInfo, wanted: WantedUser, request: AccessAttributes, authorize: Authorize): Promise<UserInfo> {
  let first: unknown;
  for (const mode of MODES) {
    if (!mode.applies(wanted, requester)) continue;
    try {
      if (mode.name) await check(authorize, requester, { ...request, verb: `impersonate-on:${mode.name}:${request.verb}` });
      return await become(requester, wanted, mode, authorize);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

async function become(requester: UserInfo, wanted: WantedUser, mode: Mode, authorize: Authorize): Promise<UserInfo> {
  const constrained = mode.name !== '';
  const attributes = (resource: string, name: string, rest: { group?: string; namespace?: string; subresource?: string } = {}): AccessAttributes => {
    const authentication = constrained || resource === 'uids' || resource === 'userextras';
    const group = authentication ? 'authentication.k8s.io' : '';
    return { isResource: true, verb: constrained ? `impersonate:${mode.name}` : 'impersonate', group, version: 'v1', resource, namespace: '', subresource: '', name, ...rest };
  };
  let groups = wanted.groups;
  const node = nodeOf(wanted.name);
  const account = parseServiceAccountUserName(wanted.name);
  if (constrained && node !== undefined) {
    await check(authorize, requester, attributes('nodes', mode.name === 'associated-node' ? '*' : node));
    groups = ['system:nodes'];
  } else if (account) {
    await check(authorize, requester, attributes('serviceaccounts', account.name, { namespace: account.namespace }));
    if (groups.length === 0) groups = serviceAccountGroups(account.namespace);
  } else {
    await check(authorize, requester, attributes('users', wanted.name));
  }
  if (wanted.uid) await check(authorize, requester, attributes('uids', wanted.uid));
  for (const group of wanted.groups) {
    if (constrained && group === '') throw accessDenied(requester, attributes('groups', ''), 'impersonating the empty string group is not allowed');
    if (constrained && group === SYSTEM_MASTERS) throw accessDenied(requester, attributes('groups', group), 'impersonating the system:masters group is not allowed');
    await check(authorize, requester, attributes('groups', group));
  }
  for (const [key, values] of Object.entries(wanted.extra)) {
    for (const value of values) await check(authorize, requester, attributes('userextras', value, { subresource: key }));
  }
  const { name, uid, extra } = wanted;
  return { name, ...(uid ? { uid } : {}), groups: withUsualGroup(name, groups), ...(Object.keys(extra).length > 0 ? { extra } : {}) };
}

async function check(authorize: Authorize, user: UserInfo, attributes: AccessAttributes): Promise<void> {
  const { allowed, reason } = await authorize(user, attributes);
  if (!allowed) throw accessDenied(user, attributes, reason);
}

function withUsualGroup(name: string, groups: readonly string[]): readonly string[] {
  const usual = name === ANONYMOUS.name ? UNAUTHENTICATED : AUTHENTICATED;
  return groups.includes(usual) || groups.includes(UNAUTHENTICATED) ? groups : [...groups, usual];
}

function nodeOf(user: string): string | undefined {
  const prefix = 'system:node:';
  if (!user.startsWith(prefix)) return undefined;
  const name = user.slice(prefix.length);
  return isDns1123Subdomain(name).length === 0 ? name : undefined;
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Go's %#v of the wanted user, which is part of the error's text. */
function goText({ name, uid, groups, extra }: WantedUser): string {
  const slice = (values: readonly string[]): string => `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`;
  const entries = Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1));
  const groupsText = groups.length > 0 ? slice(groups) : '[]string(nil)';
  const extraText = entries.length > 0 ? `map[string][]string{${entries.map(([key, values]) => `${JSON.stringify(key)}:${slice(values)}`).join(', ')}}` : 'map[string][]string(nil)';
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${groupsText}, Extra:${extraText}}`;
}
