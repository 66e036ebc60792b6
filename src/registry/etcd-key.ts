import type { Kind } from './kind.js';

/** Kinds whose place in etcd is older than their name. */
const OLD_PLACES: ReadonlyMap<string, string> = new Map([
  ['/replicationcontrollers', 'controllers'],
  ['/endpoints', 'services/endpoints'],
  ['/nodes', 'minions'],
  ['/services', 'services/specs'],
  ['networking.k8s.io/ingresses', 'ingress'],
]);

/** Where the real server keeps an object in etcd: some of its messages say so. */
export function etcdKey({ gvk, facts }: Pick<Kind, 'gvk' | 'facts'>, namespace: string, name: string): string {
  const place = OLD_PLACES.get(`${gvk.group}/${facts.plural}`) ?? facts.plural;
  return `/registry/${place}/${facts.namespaced ? `${namespace}/` : ''}${name}`;
}
