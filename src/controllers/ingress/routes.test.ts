import type { Ingress } from '../../api/types/networking-v1.js';
import { Routes } from './routes.js';

type PathRule = readonly [path: string, pathType: string, service: string];

function ingress(name: string, hosts: Readonly<Record<string, readonly PathRule[]>>, spec: object = {}, created = '2026-01-01T00:00:00Z'): Ingress {
  const backend = (service: string) => ({ service: { name: service, port: { number: 80 } } });
  const rules = Object.entries(hosts).map(([host, paths]) => ({ ...(host ? { host } : {}), http: { paths: paths.map(([path, pathType, service]) => ({ ...(path ? { path } : {}), pathType, backend: backend(service) })) } }));
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name, namespace: 'ns', creationTimestamp: created }, spec: { rules, ...spec } };
}

const to = (service: string): object => ({ defaultBackend: { service: { name: service, port: { name: 'http' } } } });
const found = (routes: Routes, host: string, path: string): string => routes.match(host, path)?.service?.name ?? 'none';

/** https://kubernetes.io/docs/concepts/services-networking/ingress/#examples */
test.each<[PathRule[], string, boolean]>([
  [[['/', 'Prefix', 's']], '/any/thing', true],
  [[['/foo', 'Exact', 's']], '/foo', true],
  [[['/foo', 'Exact', 's']], '/bar', false],
  [[['/foo', 'Exact', 's']], '/foo/', false],
  [[['/foo/', 'Exact', 's']], '/foo', false],
  [[['/foo', 'Prefix', 's']], '/foo/', true],
  [[['/foo/', 'Prefix', 's']], '/foo', true],
  [[['/aaa/bb', 'Prefix', 's']], '/aaa/bbb', false],
  [[['/aaa/bbb', 'Prefix', 's']], '/aaa/bbb', true],
  [[['/aaa/bbb/', 'Prefix', 's']], '/aaa/bbb', true],
  [[['/aaa/bbb', 'Prefix', 's']], '/aaa/bbb/ccc', true],
  [[['/aaa/bbb', 'Prefix', 's']], '/aaa/bbbxyz', false],
  [[['', 'ImplementationSpecific', 's']], '/x', true],
])('%j and %s: %s', (paths, path, matches) => {
  expect(found(new Routes([ingress('i', { '': paths })]), 'any.example', path)).toBe(matches ? 's' : 'none');
});

test('the longest path counts, of equal ones the exact one', () => {
  const routes = new Routes([ingress('i', { '': [['/', 'Prefix', 'root'], ['/a', 'Prefix', 'prefix'], ['/a', 'Exact', 'exact'], ['/a/b', 'Prefix', 'deep']] })]);
  expect(['/', '/a', '/a/x', '/a/b/c'].map((path) => found(routes, 'h', path))).toEqual(['root', 'exact', 'prefix', 'deep']);
});

test.each([
  ['foo.example', 'exact'],
  ['FOO.example:8080', 'exact'],
  ['bar.example', 'wildcard'],
  ['a.bar.example', 'any'],
  ['example', 'any'],
  ['[::1]:80', 'any'],
])('host %s: the rules of %s', (host, service) => {
  const routes = new Routes([ingress('i', { 'foo.example': [['/', 'Prefix', 'exact']], '*.example': [['/', 'Prefix', 'wildcard']], '': [['/', 'Prefix', 'any']] })]);
  expect(found(routes, host, '/')).toBe(service);
});

test('default backends take what no rule takes, those of the host first', () => {
  const routes = new Routes([ingress('a', {}, to('global'), '2026-01-01T00:00:00Z'), ingress('b', { 'b.example': [['/x', 'Prefix', 'x']] }, to('own'), '2026-01-02T00:00:00Z')]);
  expect(['/x', '/y'].map((path) => found(routes, 'b.example', path))).toEqual(['x', 'own']);
  expect(found(routes, 'c.example', '/')).toBe('global');
  expect(routes.match('c.example', '/')).toEqual({ namespace: 'ns', service: { name: 'global', port: 'http' } });
  expect(new Routes([]).match('c.example', '/')).toBeUndefined();
});

test('of two Ingresses with the same path the older one counts, and both add their paths', () => {
  const young = ingress('a', { h: [['/', 'Prefix', 'young'], ['/y', 'Prefix', 'y']] }, {}, '2026-01-02T00:00:00Z');
  const old = ingress('b', { h: [['/', 'Prefix', 'old']] }, {}, '2026-01-01T00:00:00Z');
  const routes = new Routes([young, old]);
  expect([found(routes, 'h', '/'), found(routes, 'h', '/y')]).toEqual(['old', 'y']);
});

test('certificates are found by name, by wildcard, and by the rules of an Ingress that names no hosts', () => {
  const tls = (...entries: object[]): object => ({ tls: entries });
  const routes = new Routes([ingress('i', { 'a.example': [] }, tls({ hosts: ['b.example', '*.c.example'], secretName: 'one' }, { secretName: 'two' }, { hosts: ['d.example'] }))]);
  expect(['B.example', 'x.c.example', 'a.example', 'd.example', 'c.example'].map((name) => routes.tlsFor(name)?.secret)).toEqual(['one', 'one', 'two', undefined, undefined]);
  expect(['a.example', 'e.example'].map((name) => routes.ruleHost(name))).toEqual(['a.example', undefined]);
});
