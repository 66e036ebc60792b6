import { define, EvalError, type Library, types, type Value } from '../cel/index.js';
import { AUTHENTICATED, type UserInfo } from '../api/user.js';
import type { AdmissionAttributes, Authorizer, RightsQuestion } from './types.js';

/** `authorizer` in expressions of admission (k8s.io/apiserver/pkg/cel/library/authz.go). */

/** Units of work for one question to the authorizer. */
const CHECK_COST = 350_000;

type OpaqueType = ReturnType<typeof types.opaque>;

const PREFIX = 'kubernetes.authorization';
export const AUTHORIZER_TYPE = types.opaque(`${PREFIX}.Authorizer`);
export const REQUEST_RESOURCE_TYPE = types.opaque(`${PREFIX}.ResourceCheck`);
const GROUP_TYPE = types.opaque(`${PREFIX}.GroupCheck`);
const PATH_TYPE = types.opaque(`${PREFIX}.PathCheck`);
const DECISION_TYPE = types.opaque(`${PREFIX}.Decision`);

/** A value of one of these types; no two of them are equal. */
class Opaque<T> {
  constructor(
    readonly celType: OpaqueType,
    readonly content: T,
  ) {}

  celEquals(other: Value): boolean {
    return (this as unknown) === other;
  }
}

interface Asker {
  readonly user: UserInfo;
  readonly authorizer: Authorizer;
}

interface ResourceCheck extends Asker {
  readonly question: Omit<Extract<RightsQuestion, { isResource: true }>, 'verb'>;
}

type Decision = ReturnType<Authorizer>;

export const authorizerOf = (user: UserInfo, authorizer: Authorizer): Value => new Opaque<Asker>(AUTHORIZER_TYPE, { user, authorizer });

/** `authorizer.requestResource`: a question about what the request is for. */
export function requestResourceOf({ user, resource, subresource, namespace, name }: AdmissionAttributes, authorizer: Authorizer): Value {
  const question = { isResource: true as const, group: resource.group, resource: resource.resource, subresource, namespace, name };
  return new Opaque<ResourceCheck>(REQUEST_RESOURCE_TYPE, { user, authorizer, question });
}

function serviceAccount({ content: { authorizer } }: Opaque<Asker>, namespace: string, name: string): Value {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(namespace)) throw new EvalError(`Invalid service account namespace`);
  if (!/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(name)) throw new EvalError(`Invalid service account name`);
  return authorizerOf({ name: `system:serviceaccount:${namespace}:${name}`, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED] }, authorizer);
}

const withPart = (part: 'subresource' | 'namespace' | 'name') => ({ content }: Opaque<ResourceCheck>, value: string): Value =>
  new Opaque<ResourceCheck>(REQUEST_RESOURCE_TYPE, { ...content, question: { ...content.question, [part]: value } });

const decided = ({ user, authorizer }: Asker, question: RightsQuestion): Value => new Opaque<Decision>(DECISION_TYPE, authorizer(user, question));

/** Rules know no selectors: they are taken and change nothing, as with RBAC. */
const unchanged = (check: Opaque<ResourceCheck>): Value => check;

const AUTHORIZER = `${PREFIX}.Authorizer`;
const RESOURCE = `${PREFIX}.ResourceCheck`;
const cost = (): number => CHECK_COST - 1;

export const authorizerLibrary: Library = [
  define(`${AUTHORIZER}::path(string): ${PREFIX}.PathCheck`, ({ content }: Opaque<Asker>, path: string) => {
    if (path === '') throw new EvalError('path must not be empty');
    return new Opaque(PATH_TYPE, { ...content, path });
  }),
  define(`${PREFIX}.PathCheck::check(string): ${PREFIX}.Decision`, ({ content }: Opaque<Asker & { path: string }>, verb: string) => decided(content, { isResource: false, path: content.path, verb }), cost),
  define(`${AUTHORIZER}::serviceAccount(string, string): ${AUTHORIZER}`, serviceAccount),
  define(`${AUTHORIZER}::group(string): ${PREFIX}.GroupCheck`, ({ content }: Opaque<Asker>, group: string) => new Opaque(GROUP_TYPE, { ...content, group })),
  define(`${PREFIX}.GroupCheck::resource(string): ${RESOURCE}`, ({ content: { user, authorizer, group } }: Opaque<Asker & { group: string }>, resource: string) => {
    const question = { isResource: true as const, group, resource, subresource: '', namespace: '', name: '' };
    return new Opaque<ResourceCheck>(REQUEST_RESOURCE_TYPE, { user, authorizer, question });
  }),
  define(`${RESOURCE}::subresource(string): ${RESOURCE}`, withPart('subresource')),
  define(`${RESOURCE}::namespace(string): ${RESOURCE}`, withPart('namespace')),
  define(`${RESOURCE}::name(string): ${RESOURCE}`, withPart('name')),
  define(`${RESOURCE}::fieldSelector(string): ${RESOURCE}`, unchanged),
  define(`${RESOURCE}::labelSelector(string): ${RESOURCE}`, unchanged),
  define(`${RESOURCE}::check(string): ${PREFIX}.Decision`, ({ content }: Opaque<ResourceCheck>, verb: string) => decided(content, { ...content.question, verb }), cost),
  define(`${PREFIX}.Decision::allowed(): bool`, ({ content }: Opaque<Decision>) => content.allowed),
  define(`${PREFIX}.Decision::reason(): string`, ({ content }: Opaque<Decision>) => content.reason ?? ''),
  define(`${PREFIX}.Decision::errored(): bool`, () => false),
  define(`${PREFIX}.Decision::error(): string`, () => ''),
];
