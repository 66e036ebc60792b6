import { ApiError } from '../api/errors.js';
import type { UserInfo } from '../api/user.js';
import type { AccessAttributes, Authorize } from './access.js';
import { impersonate, readImpersonation, type WantedUser } from './impersonation.js';

const REQUEST: AccessAttributes = { isResource: true, verb: 'list', group: '', version: 'v1', resource: 'pods', subresource: '', namespace: '', name: '' };
const admin: UserInfo = { name: 'admin', groups: [] };
const wanted = (part: Partial<WantedUser>): WantedUser => ({ name: '', uid: '', groups: [], extra: {}, ...part });

const textOf = (attributes: AccessAttributes): string =>
  attributes.isResource ? [attributes.verb, attributes.group, [attributes.resource, attributes.subresource].filter(Boolean).join('/'), attributes.namespace, attributes.name].join(' ') : `${attributes.verb} ${attributes.path}`;

/** Agrees to verbs that the test names, and remembers what was asked. */
const agreeTo = (...verbs: string[]): { authorize: Authorize; asked: string[] } => {
  const asked: string[] = [];
  const authorize: Authorize = async (_user, attributes) => {
    asked.push(textOf(attributes));
    return { allowed: verbs.includes(attributes.verb), reason: 'no rule' };
  };
  return { authorize, asked };
};

describe('impersonation headers', () => {
  test('name user, uid, groups and extra', () => {
    expect(readImpersonation({ 'impersonate-user': ['bob'], 'impersonate-uid': ['1'], 'impersonate-group': ['a', 'b, c'], 'impersonate-extra-acme.com%2fteam': ['x', 'y'], host: ['h'] })).toEqual({
      name: 'bob',
      uid: '1',
      groups: ['a', 'b, c'],
      extra: { 'acme.com/team': ['x', 'y'] },
    });
    expect(readImpersonation({ host: ['h'] })).toBeUndefined();
    expect(readImpersonation({ 'impersonate-user': [''] })).toBeUndefined();
  });

  test('without a user are 400 in Go\'s words', () => {
    expect(() => readImpersonation({ 'impersonate-group': ['bob'] })).toThrow('requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"bob"}, Extra:map[string][]string(nil)} without impersonating a user name');
    expect(() => readImpersonation({ 'impersonate-extra-b': ['1'], 'impersonate-extra-a': ['2', '3'] })).toThrow('Groups:[]string(nil), Extra:map[string][]string{"a":[]string{"2", "3"}, "b":[]string{"1"}}}');
  });
});

describe('becoming somebody else', () => {
  const OLD = ['impersonate'];
  test.each([
    [wanted({ name: 'bob' }), { name: 'bob', groups: ['system:authenticated'] }],
    [wanted({ name: 'system:anonymous' }), { name: 'system:anonymous', groups: ['system:unauthenticated'] }],
    [wanted({ name: 'bob', groups: ['system:unauthenticated'] }), { name: 'bob', groups: ['system:unauthenticated'] }],
    [wanted({ name: 'system:serviceaccount:a:b' }), { name: 'system:serviceaccount:a:b', groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'] }],
    [wanted({ name: 'system:serviceaccount:a:b', groups: ['g'] }), { name: 'system:serviceaccount:a:b', groups: ['g', 'system:authenticated'] }],
    [wanted({ name: 'system:node:n' }), { name: 'system:node:n', groups: ['system:authenticated'] }],
    [wanted({ name: 'bob', uid: '7', extra: { k: ['v'] } }), { name: 'bob', uid: '7', groups: ['system:authenticated'], extra: { k: ['v'] } }],
  ])('by the old right: %j', async (who, expected) => {
    expect(await impersonate(admin, who, REQUEST, agreeTo(...OLD).authorize)).toEqual(expected);
  });

  test('asks for each part in its own group', async () => {
    const { authorize, asked } = agreeTo(...OLD);
    await impersonate(admin, wanted({ name: 'bob', uid: '7', groups: ['g'], extra: { k: ['v', 'w'] } }), REQUEST, authorize);
    expect(asked).toEqual([
      'impersonate-on:user-info:list  pods  ',
      'impersonate  users  bob',
      'impersonate authentication.k8s.io uids  7',
      'impersonate  groups  g',
      'impersonate authentication.k8s.io userextras/k  v',
      'impersonate authentication.k8s.io userextras/k  w',
    ]);
  });

  test('a constrained right is enough, and gives nodes their group', async () => {
    const { authorize, asked } = agreeTo('impersonate-on:arbitrary-node:list', 'impersonate:arbitrary-node');
    expect(await impersonate(admin, wanted({ name: 'system:node:n' }), REQUEST, authorize)).toEqual({ name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] });
    expect(asked).toEqual(['impersonate-on:arbitrary-node:list  pods  ', 'impersonate:arbitrary-node authentication.k8s.io nodes  n']);
  });

  test('a service account may become the node it runs on, whatever the node', async () => {
    const agent: UserInfo = { name: 'system:serviceaccount:a:agent', groups: [], extra: { 'authentication.kubernetes.io/node-name': ['n'] } };
    const { authorize, asked } = agreeTo('impersonate-on:associated-node:list', 'impersonate:associated-node');
    expect((await impersonate(agent, wanted({ name: 'system:node:n' }), REQUEST, authorize)).groups).toEqual(['system:nodes', 'system:authenticated']);
    expect(asked.at(-1)).toBe('impersonate:associated-node authentication.k8s.io nodes  *');
    await expect(impersonate(agent, wanted({ name: 'system:node:other' }), REQUEST, authorize)).rejects.toThrow('arbitrary-node');
  });

  test('no constrained right gives system:masters', async () => {
    const { authorize } = agreeTo('impersonate-on:user-info:list', 'impersonate:user-info');
    await expect(impersonate(admin, wanted({ name: 'bob', groups: ['system:masters'] }), REQUEST, authorize)).rejects.toThrow('impersonating the system:masters group is not allowed');
  });

  test('without any right is the 403 of the first way that applies', async () => {
    const error = await impersonate(admin, wanted({ name: 'bob', groups: ['g'] }), REQUEST, agreeTo().authorize).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).toStatus()).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: 'pods is forbidden: User "admin" cannot impersonate-on:user-info:list resource "pods" in API group "" at the cluster scope: no rule',
      details: { kind: 'pods' },
    });
  });
});
