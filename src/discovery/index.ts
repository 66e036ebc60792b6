import { createHash } from 'node:crypto';
import { ApiError } from '../api/errors.js';
import { apiVersionOf } from '../api/gvk.js';
import type { KindCatalogue } from '../registry/catalogue.js';
import { aggregatedDiscovery } from './aggregated.js';
import { apiResourceList } from './api-resources.js';
import { servedGroups, type ServedGroup } from './groups.js';

/** A discovery document as an object, for whoever encodes it, with the media type when that is a special one. */
export interface DiscoveryDocument {
  readonly object: object;
  readonly contentType?: string;
  /** Of the aggregated form: clients may keep it as long as this stays. */
  readonly etag?: string;
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** What `/api`, `/apis` and the paths below them answer, kept until the catalogue changes. */
export class Discovery {
  private readonly cache = new Map<string, DiscoveryDocument>();
  private cachedVersion = -1;

  constructor(
    private readonly catalogue: KindCatalogue,
    /** host:port of the server, once it listens. */
    private readonly serverAddress: () => string,
  ) {}

  /** The document of a path without trailing slash; undefined when there is none. */
  document(path: string, accept: string | undefined): DiscoveryDocument | undefined {
    const aggregated = (path === '/api' || path === '/apis') && asksForAggregated(accept);
    if (this.cachedVersion !== this.catalogue.version) {
      this.cache.clear();
      this.cachedVersion = this.catalogue.version;
    }
    const key = aggregated ? `${path} aggregated` : path;
    const known = this.cache.get(key);
    if (known) return known;
    const object = aggregated ? this.aggregated(path) : this.legacy(path);
    if (!object) return undefined;
    const document: DiscoveryDocument = aggregated ? { object, contentType: AGGREGATED, etag: etagOf(object) } : { object };
    this.cache.set(key, document);
    return document;
  }

  /** `/apis/GROUP/VERSION` of everything served, `/api/v1` first. */
  groupVersionPaths(): string[] {
    return this.groups().flatMap(({ name, versions }) => versions.map(({ version }) => (name ? `/apis/${name}/${version}` : `/api/${version}`)));
  }

  groups(): ServedGroup[] {
    return servedGroups(this.catalogue.all());
  }

  private aggregated(path: string): object {
    return aggregatedDiscovery(this.groups().filter(({ name }) => (path === '/api') === (name === '')));
  }

  private legacy(path: string): object | undefined {
    const [prefix, first, second, ...rest] = path.slice(1).split('/');
    if (rest.length > 0) return undefined;
    const groups = this.groups();
    if (prefix === 'api') {
      if (first === undefined) return this.apiVersions(groups);
      return second === undefined ? resourceList(groups, '', first) : undefined;
    }
    if (prefix !== 'apis') return undefined;
    if (first === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter(({ name }) => name).map(groupOf) };
    if (second !== undefined) return resourceList(groups, first, second);
    const group = groups.find(({ name }) => name === first && name !== '');
    return group && { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) };
  }

  private apiVersions(groups: readonly ServedGroup[]): object {
    return {
      kind: 'APIVersions',
      versions: groups.find(({ name }) => name === '')?.versions.map(({ version }) => version) ?? [],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.serverAddress() }],
    };
  }
}

function resourceList(groups: readonly ServedGroup[], group: string, version: string): object | undefined {
  const served = groups.find(({ name }) => name === group)?.versions.find((v) => v.version === version);
  return served && apiResourceList(group, version, served.kinds);
}

function groupOf({ name, versions }: ServedGroup): object {
  const all = versions.map(({ version }) => ({ groupVersion: apiVersionOf({ group: name, version }), version }));
  return { name, versions: all, preferredVersion: all[0] };
}

/**
 * Whether the first clause of Accept that we can serve is the aggregated form. Throws 406 when the client takes
 * nothing else and asks for a version of it that is not served.
 */
function asksForAggregated(accept: string | undefined): boolean {
  if (!accept) return false;
  let wanted = false;
  for (const clause of accept.split(',')) {
    const parts = clause.split(';').map((part) => part.trim());
    if (!parts.includes('as=APIGroupDiscoveryList')) {
      if (parts[0] === 'application/json' || parts[0] === '*/*' || parts[0]?.startsWith('application/')) return false;
      continue;
    }
    wanted = true;
    if (parts.includes('g=apidiscovery.k8s.io') && parts.includes('v=v2')) return true;
  }
  if (!wanted) return false;
  const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
  throw new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted}`);
}

function etagOf(object: object): string {
  return `"${createHash('sha512').update(JSON.stringify(object)).digest('hex').toUpperCase()}"`;
}
