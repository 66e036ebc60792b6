import { ApiError } from '../../api/errors.js';
import type { ConfigMap, Container, EnvVarSource, Pod, Secret, Service } from '../../api/types/core-v1.js';
import { expand } from './expansion.js';
import { podField, resourceField, type PodFacts } from './field-path.js';
import { serviceEnvironment, servicesFor } from './service-env.js';

/** Where a container's variables come from. Rejections become the container's CreateContainerConfigError. */
export interface EnvironmentSources {
  /** Rejects with ApiError 404 when there is none. */
  configMap(namespace: string, name: string): Promise<ConfigMap>;
  secret(namespace: string, name: string): Promise<Secret>;
  /** All Services this node knows of. */
  services(): Iterable<Service>;
}

/**
 * A container's variables: envFrom, then env with `$(NAME)` references to what stands before it (and to Services'
 * variables), then the Services' own. Throws Error with the kubelet's text.
 */
export async function containerEnvironment(pod: Pod, container: Container, facts: PodFacts, sources: EnvironmentSources): Promise<Array<[string, string]>> {
  const namespace = pod.metadata.namespace ?? '';
  const links = serviceEnvironment(servicesFor(namespace, pod.spec.enableServiceLinks ?? true, sources.services()));
  const values = new Map<string, string>();
  const lookup = (name: string): string | undefined => values.get(name) ?? links.get(name);
  const cached = cacheOf(namespace, sources);

  for (const from of container.envFrom ?? []) {
    const { configMapRef, secretRef, prefix = '' } = from;
    const ref = configMapRef ?? secretRef;
    if (!ref) continue;
    const data = await optionally(ref.optional, () => (configMapRef ? cached.configMap(ref.name ?? '') : cached.secret(ref.name ?? '')));
    for (const [key, value] of data ?? []) values.set(`${prefix}${key}`, value);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (value) values.set(name, expand(value, lookup));
    else if (valueFrom) {
      const found = await fromSource(pod, container, valueFrom, facts, cached);
      if (found !== undefined) values.set(name, found);
    } else values.set(name, '');
  }
  for (const [name, value] of links) if (!values.has(name)) values.set(name, value);
  return [...values];
}

interface Cache {
  configMap(name: string): Promise<ReadonlyMap<string, string>>;
  secret(name: string): Promise<ReadonlyMap<string, string>>;
}

function cacheOf(namespace: string, sources: EnvironmentSources): Cache {
  const configMaps = new Map<string, ReadonlyMap<string, string>>();
  const secrets = new Map<string, ReadonlyMap<string, string>>();
  return {
    async configMap(name) {
      const known = configMaps.get(name) ?? new Map(Object.entries((await sources.configMap(namespace, name)).data ?? {}));
      configMaps.set(name, known);
      return known;
    },
    async secret(name) {
      const known = secrets.get(name) ?? new Map(Object.entries((await sources.secret(namespace, name)).data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
      secrets.set(name, known);
      return known;
    },
  };
}

async function fromSource(pod: Pod, container: Container, source: EnvVarSource, facts: PodFacts, cache: Cache): Promise<string | undefined> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef) return podField(pod, fieldRef.fieldPath, facts);
  if (resourceFieldRef) return resourceField(pod, container, resourceFieldRef, facts);
  const ref = configMapKeyRef ?? secretKeyRef;
  if (!ref) return undefined;
  const data = await optionally(ref.optional, () => (configMapKeyRef ? cache.configMap(ref.name ?? '') : cache.secret(ref.name ?? '')));
  if (!data) return undefined;
  const value = data.get(ref.key);
  if (value === undefined && !ref.optional) {
    throw new Error(`couldn't find key ${ref.key} in ${configMapKeyRef ? 'ConfigMap' : 'Secret'} ${pod.metadata.namespace}/${ref.name}`);
  }
  return value;
}

/** What an optional reference gives; undefined when it names nothing. */
async function optionally<T>(optional: boolean | undefined, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (optional && error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  }
}
