import { groupResourceText } from '../api/gvk.js';
import type { RegistryDependencies } from './dependencies.js';

interface Figure {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge';
  collect(): Iterable<Figure>;
}

/**
 * How many objects are stored of each resource, for /metrics: by kube-apiserver's name of today, and by the one that
 * dashboards still ask for. Resources that several groups or versions serve are counted where they are stored.
 */
export function objectCounts({ catalogue, reader }: Pick<RegistryDependencies, 'catalogue' | 'reader'>): Family[] {
  function* counts(labelsOf: (group: string, resource: string) => Figure['labels']): Iterable<Figure> {
    const prefixes = new Set<string>();
    for (const { virtual, storage } of catalogue.all()) if (!virtual) prefixes.add(storage.prefix);
    for (const prefix of prefixes) {
      const [group = '', resource = ''] = prefix.split('/');
      yield { labels: labelsOf(group === 'core' ? '' : group, resource), value: reader.count(prefix) };
    }
  }
  const help = 'Number of stored objects, by resource.';
  return [
    { name: 'apiserver_resource_objects', help, type: 'gauge', collect: () => counts((group, resource) => ({ group, resource })) },
    { name: 'apiserver_storage_objects', help, type: 'gauge', collect: () => counts((group, resource) => ({ resource: groupResourceText({ group, resource }) })) },
  ];
}
