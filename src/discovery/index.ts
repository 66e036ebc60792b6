import { createHash } from 'node:crypto';
import { apiVersionOf } from '../api/gvk.js';
import type { KindCatalogue } from '../registry/catalogue.js';
import { aggregatedDiscovery } from './aggregated.js';
import { apiResourceList } from './api-resources.js';
import { servedGroups, type ServedGroup } from './groups.js';

/** APIVersions, APIResourceList, APIGroupList or APIGroup, for whoever encodes it. */
export interface DiscoveryDocument {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** An APIGroupDiscoveryList. */
export interface AggregatedDocument {
  readonly object: object;
  /** With its quotes: clients may keep the document as long as this stays. */
  readonly etag: string;
}

/** What `/api`, `/apis` and the paths below them answer, kept until the catalogue changes. */
export class Discovery {
  private readonly cache = new Map<string, DiscoveryDocument>();
  private readonly aggregates = new Map<string, AggregatedDocument>();
  private cachedVersion = -1;

  constructor(
    private readonly catalogue: KindCatalogue,
    /** host:port of the server, once it listens. */
    private readonly serverAddress: () => string,
  ) {}

  /** The document of a path without trailing slash; undefined when there is none. */
  document(path: string): DiscoveryDocument | undefined {
    this.refresh();
    const known = this.cache.get(path);
    if (known) return known;
    const document = this.documentOf(path);
    if (document) this.cache.set(path, document);
    return document;
  }

  /** Groups, versions and resources in one document: the core's below `/api`, all others below `/apis`. */
  aggregated(path: '/api' | '/apis'): AggregatedDocument {
    this.refresh();
    let document = this.aggregates.get(path);
    if (!document) {
      const object = aggregatedDiscovery(this.groups().filter(({ name }) => (path === '/api') === (name === '')));
      this.aggregates.set(path, (document = { object, etag: etagOf(object) }));
    }
    return document;
  }

  private refresh(): void {
    if (this.cachedVersion === this.catalogue.version) return;
    this.cache.clear();
    this.aggregates.clear();
    this.cachedVersion = this.catalogue.version;
  }

  /** `/apis/GROUP/VERSION` of everything served, `/api/v1` first. */
  groupVersionPaths(): string[] {
    return this.groups().flatMap(({ name, versions }) => versions.map(({ version }) => (name ? `/apis/${name}/${version}` : `/api/${version}`)));
  }

  groups(): ServedGroup[] {
    return servedGroups(this.catalogue.all());
  }

  private documentOf(path: string): DiscoveryDocument | undefined {
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

  private apiVersions(groups: readonly ServedGroup[]): DiscoveryDocument {
    return {
      kind: 'APIVersions',
      versions: groups.find(({ name }) => name === '')?.versions.map(({ version }) => version) ?? [],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.serverAddress() }],
    };
  }
}

function resourceList(groups: readonly ServedGroup[], group: string, version: string): DiscoveryDocument | undefined {
  const served = groups.find(({ name }) => name === group)?.versions.find((v) => v.version === version);
  return served && apiResourceList(group, version, served.kinds);
}

function groupOf({ name, versions }: ServedGroup): object {
  const all = versions.map(({ version }) => ({ groupVersion: apiVersionOf({ group: name, version }), version }));
  return { name, versions: all, preferredVersion: all[0] };
}

function etagOf(object: object): string {
  return `"${createHash('sha512').update(JSON.stringify(object)).digest('hex').toUpperCase()}"`;
}
