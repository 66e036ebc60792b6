// What a real kube-apiserver is asked by record.mjs, and our own by test/conformance/access.test.ts.
export const namespace = 'access-recorder';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const ROLES = `${RBAC}/namespaces/${namespace}/roles`;
const BINDINGS = `${RBAC}/namespaces/${namespace}/rolebindings`;
const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
const AUTHENTICATION = '/apis/authentication.k8s.io/v1';
const GROUP = 'rbac.authorization.k8s.io';

const role = (name, ...rules) => ({ path: ROLES, body: { metadata: { name }, rules } });
const clusterRole = (name, ...rules) => ({ path: `${RBAC}/clusterroles`, body: { metadata: { name: `${namespace}-${name}` }, rules } });
const rule = (apiGroups, resources, verbs, resourceNames) => ({ apiGroups, resources, verbs, ...(resourceNames ? { resourceNames } : {}) });
const urls = (nonResourceURLs, verbs) => ({ nonResourceURLs, verbs });
const ref = (kind, name, apiGroup = GROUP) => ({ kind, name, apiGroup });
const binding = (name, roleRef, ...subjects) => ({ path: BINDINGS, body: { metadata: { name }, roleRef, subjects } });
const clusterBinding = (name, roleRef, ...subjects) => ({ path: `${RBAC}/clusterrolebindings`, body: { metadata: { name: `${namespace}-${name}` }, roleRef, subjects } });
const user = (name) => ({ kind: 'User', name, apiGroup: GROUP });
const group = (name) => ({ kind: 'Group', name, apiGroup: GROUP });
const account = (name, home) => ({ kind: 'ServiceAccount', name, ...(home ? { namespace: home } : {}) });
const RBAC_VERBS = ['get', 'list', 'create', 'update', 'patch', 'delete'];

/** Made before the questions, by an administrator. */
export const setup = [
  role('reader', rule([''], ['pods', 'configmaps'], ['get', 'list', 'watch'])),
  role('one', rule([''], ['secrets'], ['get'], ['only'])),
  role('getter', rule([''], ['pods', 'pods/exec', 'pods/attach', 'pods/portforward'], ['get'])),
  role('granter', rule([GROUP], ['roles', 'rolebindings'], RBAC_VERBS)),
  role('escalator', rule([GROUP], ['roles'], [...RBAC_VERBS, 'escalate'])),
  role('binder', rule([GROUP], ['roles', 'rolebindings'], RBAC_VERBS), rule([GROUP], ['roles'], ['bind'], ['reader'])),
  role('subresources', rule(['apps'], ['*/scale'], ['*']), rule(['*'], ['deployments/status'], ['update'])),
  clusterRole('granter', rule([GROUP], ['clusterroles', 'clusterrolebindings'], RBAC_VERBS)),
  clusterRole('urls', urls(['/metrics/*', '/logs*'], ['get'])),
  binding('alice', ref('Role', 'reader'), user('alice'), group('devs'), account('default'), account('robot', 'default')),
  binding('alice-one', ref('Role', 'one'), user('alice')),
  binding('bob', ref('ClusterRole', 'view'), user('bob')),
  binding('dave', ref('Role', 'granter'), user('dave')),
  binding('erin', ref('Role', 'escalator'), user('erin')),
  binding('frank', ref('Role', 'binder'), user('frank')),
  binding('grace', ref('Role', 'getter'), user('grace')),
  binding('heidi', ref('Role', 'subresources'), user('heidi')),
  binding('lost', ref('Role', 'missing'), user('ivan'), user('alice')),
  binding('lost-too', ref('ClusterRole', 'access-recorder-missing'), user('ivan')),
  clusterBinding('dave', ref('ClusterRole', `${namespace}-granter`), user('dave')),
  clusterBinding('urls', ref('ClusterRole', `${namespace}-urls`), user('judy')),
  { path: `/api/v1/namespaces/${namespace}/pods`, body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'x' }] } } },
];

const ask = (as, method, path, body, headers = {}) => ({ as: typeof as === 'string' ? { name: as, groups: [] } : as, method, path, ...(body === undefined ? {} : { body }), headers });
const get = (as, path) => ask(as, 'GET', path);
const patch = (as, path, body) => ask(as, 'PATCH', path, body, { 'content-type': 'application/merge-patch+json' });
const admin = { name: 'admin', groups: ['system:masters'] };
const dave = { name: 'dave', groups: ['g1', 'g2'] };
const review = (who, resourceAttributes, more = {}) => ask(admin, 'POST', `${AUTHORIZATION}/subjectaccessreviews`, { spec: { ...who, resourceAttributes, ...more } });
const ofResource = (name, verb, resource, more = {}) => review({ user: name }, { namespace, verb, resource, ...more });
const ofUrl = (name, path, verb = 'get') => review({ user: name, groups: ['system:authenticated'] }, undefined, { nonResourceAttributes: { path, verb } });
const bad = (body, kind = 'subjectaccessreviews') => ask(admin, 'POST', `${AUTHORIZATION}/${kind}`, body);
const local = (body) => bad(body, `namespaces/${namespace}/localsubjectaccessreviews`);
const fieldSelector = (selector) => review({ user: 'u' }, { verb: 'list', resource: 'pods', fieldSelector: selector });
const labelSelector = (selector) => review({ user: 'u' }, { verb: 'list', resource: 'pods', labelSelector: selector });

export const questions = {
  // Who may do what.
  'a user bound by name lists pods': ofResource('alice', 'list', 'pods'),
  'a verb that no rule names': ofResource('alice', 'delete', 'pods'),
  'another namespace': review({ user: 'alice' }, { namespace: 'default', verb: 'list', resource: 'pods' }),
  'all namespaces': review({ user: 'alice' }, { verb: 'list', resource: 'pods' }),
  'a resource name that is allowed': ofResource('alice', 'get', 'secrets', { name: 'only' }),
  'another resource name': ofResource('alice', 'get', 'secrets', { name: 'other' }),
  'a list where names are restricted': ofResource('alice', 'list', 'secrets'),
  'a group': review({ user: 'carol', groups: ['x', 'devs'] }, { namespace, verb: 'get', resource: 'configmaps' }),
  'a group alone': review({ groups: ['devs'] }, { namespace, verb: 'get', resource: 'configmaps' }),
  'an account of the binding\'s namespace': ofResource(`system:serviceaccount:${namespace}:default`, 'get', 'pods'),
  'an account of another namespace': ofResource('system:serviceaccount:default:robot', 'get', 'pods'),
  'an account that is not meant': ofResource('system:serviceaccount:default:default', 'get', 'pods'),
  'a subresource of a ClusterRole': ofResource('bob', 'get', 'pods', { subresource: 'log' }),
  'a subresource by star': ofResource('heidi', 'patch', 'statefulsets', { group: 'apps', subresource: 'scale' }),
  'a subresource by star does not reach the resource': ofResource('heidi', 'patch', 'statefulsets', { group: 'apps' }),
  'a subresource by star in another group': ofResource('heidi', 'patch', 'replicationcontrollers', { subresource: 'scale' }),
  'any group': ofResource('heidi', 'update', 'deployments', { group: 'nope', subresource: 'status' }),
  'roles that are missing': ofResource('ivan', 'get', 'pods'),
  'a role that is missing does not matter where another allows': ofResource('alice', 'get', 'pods'),
  'a role that is missing where nothing allows': ofResource('alice', 'get', 'nodes'),
  'a member of system:masters': review({ user: 'x', groups: ['system:masters'] }, { verb: '*', resource: '*' }),
  'a path below a rule': ofUrl('judy', '/metrics/slis'),
  'the path above a rule': ofUrl('judy', '/metrics'),
  'a path by prefix': ofUrl('judy', '/logsfoo'),
  'another method': ofUrl('judy', '/metrics/slis', 'post'),
  'health for nobody': ask(admin, 'POST', `${AUTHORIZATION}/subjectaccessreviews`, { spec: { user: 'system:anonymous', groups: ['system:unauthenticated'], nonResourceAttributes: { path: '/healthz', verb: 'get' } } }),
  'a stranger': ofUrl('nobody', '/metrics'),
  // Selectors.
  'a field selector': fieldSelector({ rawSelector: 'spec.nodeName=a,status.phase!=b' }),
  'a field selector that does not parse': fieldSelector({ rawSelector: 'a=b,,x' }),
  'field requirements': fieldSelector({ requirements: [{ key: 'a', operator: 'In', values: ['b'] }, { key: 'c', operator: 'NotIn', values: ['d'] }] }),
  'field requirements with more values': fieldSelector({ requirements: [{ key: 'a', operator: 'In', values: ['b', 'c'] }] }),
  'field requirements of which some are known': fieldSelector({ requirements: [{ key: 'a', operator: 'Exists' }, { key: 'c', operator: 'In', values: ['d'] }] }),
  'field requirements with a new operator': fieldSelector({ requirements: [{ key: 'a', operator: 'Odd' }] }),
  'field requirements that are wrong': fieldSelector({ requirements: [{ operator: 'In' }, { key: 'a', operator: 'Exists', values: ['x'] }, { key: 'b', operator: 'NotIn' }] }),
  'a field selector in both forms': fieldSelector({ rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'In', values: ['b'] }] }),
  'an empty field selector': fieldSelector({}),
  'a label selector': labelSelector({ rawSelector: 'a in (b,c),!d' }),
  'a label selector that does not parse': labelSelector({ rawSelector: 'a in b' }),
  'label requirements': labelSelector({ requirements: [{ key: 'a', operator: 'Exists' }] }),
  'label requirements with a new operator': labelSelector({ requirements: [{ key: 'a', operator: 'Exists' }, { key: 'b', operator: 'Odd', values: ['x'] }] }),
  'label requirements that are wrong': labelSelector({ requirements: [{ key: '/a', operator: 'In' }, { key: 'b', operator: 'Exists', values: ['-'] }] }),
  'a label selector in both forms': labelSelector({ rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'Exists' }] }),
  'an empty label selector': labelSelector({}),
  // Reviews that are not valid.
  'nothing asked': bad({}),
  'nothing asked of oneself': bad({}, 'selfsubjectaccessreviews'),
  'both asked': bad({ spec: { user: 'u', nonResourceAttributes: { path: '/x' }, resourceAttributes: { verb: 'get' } } }),
  'metadata that is not empty': bad({ metadata: { name: 'x', labels: { a: 'b' } }, spec: { user: 'u', resourceAttributes: { verb: 'get' } } }),
  'metadata of a cluster-wide review names a namespace': bad({ metadata: { namespace: 'x' }, spec: { user: 'u', resourceAttributes: { verb: 'get' } } }),
  'a local review without a namespace': local({ spec: { user: 'u', resourceAttributes: { verb: 'get' } } }),
  'a local review': local({ metadata: { namespace }, spec: { user: 'alice', groups: [], resourceAttributes: { verb: 'get', resource: 'pods', namespace } } }),
  'a local review with a name': local({ metadata: { name: 'x' }, spec: { user: 'u', resourceAttributes: { verb: 'get', namespace } } }),
  'a local review of another namespace': local({ metadata: { namespace: 'x' }, spec: { user: 'u', resourceAttributes: { verb: 'get', namespace: 'x' } } }),
  'a local review of a path': local({ spec: { user: 'u', nonResourceAttributes: { verb: 'get' } } }),
  'a local review at the cluster scope': bad({ spec: { user: 'u' } }, 'localsubjectaccessreviews'),
  'a local review in a namespace that is missing': bad({ spec: { user: 'u', resourceAttributes: { verb: 'get', namespace: 'no-such-namespace' } } }, 'namespaces/no-such-namespace/localsubjectaccessreviews'),
  'reviews are not read': get(admin, `${AUTHORIZATION}/subjectaccessreviews`),
  'reviews have no names': get(admin, `${AUTHORIZATION}/subjectaccessreviews/x`),
  'a review of the wrong kind': bad({ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {} }),
  // Reviews of oneself.
  'may I': ask('alice', 'POST', `${AUTHORIZATION}/selfsubjectaccessreviews`, { spec: { resourceAttributes: { namespace, verb: 'list', resource: 'pods' } } }),
  'may I not': ask('alice', 'POST', `${AUTHORIZATION}/selfsubjectaccessreviews`, { spec: { nonResourceAttributes: { verb: 'get', path: '/x' } } }),
  'my rules without a namespace': ask('alice', 'POST', `${AUTHORIZATION}/selfsubjectrulesreviews`, {}),
  'my rules': ask('alice', 'POST', `${AUTHORIZATION}/selfsubjectrulesreviews`, { spec: { namespace } }),
  'my rules where roles are missing': ask('ivan', 'POST', `${AUTHORIZATION}/selfsubjectrulesreviews`, { spec: { namespace } }),
  'my rules in a namespace that is missing': ask('judy', 'POST', `${AUTHORIZATION}/selfsubjectrulesreviews`, { metadata: { name: 'x' }, spec: { namespace: 'no-such-namespace' } }),
  'who am I': ask({ name: 'alice', groups: ['a', 'b'], uid: '42', extra: { team: ['x', 'y'] } }, 'POST', `${AUTHENTICATION}/selfsubjectreviews`, { metadata: { name: 'x' }, status: { userInfo: { username: 'mallory' } } }),
  'a review that nobody may make': ask('alice', 'POST', `${AUTHORIZATION}/subjectaccessreviews`, {}),
  // Tokens.
  'no token': ask(admin, 'POST', `${AUTHENTICATION}/tokenreviews`, {}),
  'a token that is none': ask(admin, 'POST', `${AUTHENTICATION}/tokenreviews`, { spec: { token: 'nope' } }),
  'a token that looks like one': ask(admin, 'POST', `${AUTHENTICATION}/tokenreviews`, { metadata: { name: 'n' }, spec: { token: 'eyJhbGciOiJSUzI1NiJ9.e30.x', audiences: ['b', 'a'] } }),
  'a token request': ask(admin, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`, { metadata: { labels: { a: 'b' } }, spec: {} }),
  'a token request for others': ask(admin, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`, { metadata: { name: 'default', creationTimestamp: '2020-01-01T00:00:00Z' }, spec: { audiences: ['x', 'y'], expirationSeconds: 700 } }),
  'a token request of another namespace': ask(admin, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`, { metadata: { namespace: 'x' }, spec: {} }),
  'a token request of another account': ask(admin, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`, { metadata: { name: 'x' }, spec: {} }),
  'a token request that is too short': ask(admin, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts/default/token`, { spec: { expirationSeconds: 5 } }),
  'an eviction of another name': ask(admin, 'POST', `/api/v1/namespaces/${namespace}/pods/p/eviction`, { metadata: { name: 'x' } }),
  'an eviction of another namespace': ask(admin, 'POST', `/api/v1/namespaces/${namespace}/pods/p/eviction`, { metadata: { name: 'p', namespace: 'x' } }),
  'a binding of another namespace': ask(admin, 'POST', `/api/v1/namespaces/${namespace}/pods/p/binding`, { metadata: { name: 'p', namespace: 'x' }, target: { name: 'n' } }),
  // What strangers are told.
  'a list in a namespace': get('nobody', `/api/v1/namespaces/${namespace}/pods`),
  'an object': get('nobody', `/api/v1/namespaces/${namespace}/pods/p`),
  'a list everywhere': get('alice', '/api/v1/pods'),
  'a subresource': get('alice', `/api/v1/namespaces/${namespace}/pods/p/log`),
  'a resource of a group': get('nobody', `/apis/apps/v1/namespaces/${namespace}/deployments/x`),
  'a path': get('nobody', '/x<y>&z'),
  'a path for nobody': get({ name: 'system:anonymous', groups: ['system:unauthenticated'] }, '/api'),
  'a role that is missing is told': get('ivan', `/api/v1/namespaces/${namespace}/pods`),
  'deletion of all': ask('alice', 'DELETE', `/api/v1/namespaces/${namespace}/pods`),
  'a posted object has no name in the path': ask('nobody', 'POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: 'x' } }),
  'getting into a pod': get('grace', `/api/v1/namespaces/${namespace}/pods/p/exec?command=ls&stdout=1`),
  'getting into a pod by attaching': get('grace', `/api/v1/namespaces/${namespace}/pods/p/attach?stdout=1`),
  'getting into a pod by a port': get('grace', `/api/v1/namespaces/${namespace}/pods/p/portforward?ports=80`),
  'getting into a pod that is missing': get('grace', `/api/v1/namespaces/${namespace}/pods/nope/exec?command=ls&stdout=1`),
  'a method that a collection everywhere does not have': ask(admin, 'POST', '/api/v1/pods', {}),
  'a binding without a namespace': ask(admin, 'POST', '/api/v1/bindings', {}),
  // No more than one has.
  'a role with rules that the author lacks': ask('dave', 'POST', ROLES, { metadata: { name: 'more' }, rules: [rule([''], ['secrets'], ['get'])] }),
  'a role with many': ask(dave, 'POST', ROLES, { metadata: { generateName: 'q-' }, rules: [rule(['', 'apps'], ['pods', 'secrets'], ['get', '*']), rule([''], ['pods'], ['list'], ['a', 'b']), rule([GROUP], ['roles'], ['get', 'watch'], ['r'])] }),
  'a role with no more': ask('dave', 'POST', ROLES, { metadata: { name: 'no-more' }, rules: [rule([GROUP], ['roles'], ['get', 'list'], ['r'])] }),
  'a role that is not valid either': ask('dave', 'POST', ROLES, { metadata: { name: '-_ bad' }, rules: [rule([''], ['pods'], [])] }),
  'a change of labels': patch('dave', `${ROLES}/granter`, { metadata: { labels: { a: 'b' } } }),
  'a change of labels of a role with more': patch('dave', `${ROLES}/reader`, { metadata: { labels: { a: 'b' } } }),
  'a change of owners alone': patch('dave', `${ROLES}/reader`, { metadata: { finalizers: ['example.com/x'] } }),
  'a PUT that creates': ask('dave', 'PUT', `${ROLES}/put`, { metadata: { name: 'put' }, rules: [rule([''], ['secrets'], ['get'])] }),
  'who may escalate': ask('erin', 'POST', ROLES, { metadata: { name: 'escalated' }, rules: [rule(['*'], ['*'], ['*'])] }),
  'a cluster role with URLs': ask('dave', 'POST', `${RBAC}/clusterroles`, { metadata: { name: `${namespace}-more` }, rules: [urls(['/healthz', '/x'], ['get', 'post'])] }),
  'aggregation': ask('dave', 'POST', `${RBAC}/clusterroles`, { metadata: { name: `${namespace}-more` }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }),
  'a cluster role where a role is missing': ask('ivan', 'POST', `${RBAC}/clusterroles`, { metadata: { name: `${namespace}-more` } }),
  'a binding to more': ask('dave', 'POST', BINDINGS, { metadata: { name: 'more' }, roleRef: ref('Role', 'reader'), subjects: [user('dave')] }),
  'a binding to everything': ask(dave, 'POST', BINDINGS, { metadata: { name: 'more' }, roleRef: ref('ClusterRole', 'cluster-admin') }),
  'a binding to no more': ask('dave', 'POST', BINDINGS, { metadata: { name: 'no-more' }, roleRef: ref('ClusterRole', 'system:public-info-viewer') }),
  'a binding to a role that is missing': ask('dave', 'POST', BINDINGS, { metadata: { name: 'more' }, roleRef: ref('Role', 'nope') }),
  'a binding to nothing of the sort': ask('dave', 'POST', BINDINGS, { metadata: { name: 'more' }, roleRef: ref('Odd', 'nope') }),
  'a cluster role binding to a role that is missing': ask('dave', 'POST', `${RBAC}/clusterrolebindings`, { metadata: { name: `${namespace}-more` }, roleRef: ref('ClusterRole', 'nope') }),
  'who may bind': ask('frank', 'POST', BINDINGS, { metadata: { name: 'bound' }, roleRef: ref('Role', 'reader') }),
  'who may bind another role': ask('frank', 'POST', BINDINGS, { metadata: { name: 'bound-more' }, roleRef: ref('Role', 'one') }),
  'another role in a binding': ask(admin, 'PATCH', `${BINDINGS}/alice`, { roleRef: { name: 'one' } }, { 'content-type': 'application/merge-patch+json' }),
};

/** Requests whose FlowSchema is asked for, beside those of the questions. */
export const flows = {
  'an administrator': get(admin, '/api/v1/pods'),
  'nobody\'s health check': get({ name: 'system:anonymous', groups: ['system:unauthenticated'] }, '/healthz'),
  'nobody': get({ name: 'system:anonymous', groups: ['system:unauthenticated'] }, '/version'),
  'health below': get('alice', '/livez/ping'),
  'a user': get('alice', '/api/v1/pods'),
  'a node\'s lease': ask({ name: 'system:node:n', groups: ['system:nodes'] }, 'PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n', {}),
  'a node\'s status': patch({ name: 'system:node:n', groups: ['system:nodes'] }, '/api/v1/nodes/n/status', {}),
  'a node': get({ name: 'system:node:n', groups: ['system:nodes'] }, '/api/v1/pods'),
  'events of a node': ask({ name: 'system:node:n', groups: ['system:nodes'] }, 'POST', '/api/v1/namespaces/default/events', {}),
  'the scheduler': get('system:kube-scheduler', '/api/v1/pods'),
  'the scheduler\'s lease': get('system:kube-scheduler', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler'),
  'the controller manager': get('system:kube-controller-manager', '/apis/apps/v1/deployments'),
  'leader election of a system account': get({ name: 'system:serviceaccount:kube-system:x', groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system'] }, '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x'),
  'a system account': get({ name: 'system:serviceaccount:kube-system:generic-garbage-collector', groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system'] }, '/api/v1/pods'),
  'an account': get({ name: 'system:serviceaccount:default:x', groups: ['system:serviceaccounts', 'system:serviceaccounts:default'] }, '/api/v1/pods'),
  'an account and a path': get({ name: 'system:serviceaccount:default:x', groups: ['system:serviceaccounts', 'system:serviceaccounts:default'] }, '/x'),
};
