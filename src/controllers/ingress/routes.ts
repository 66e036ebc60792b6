import { timeMs } from '../../api/time.js';
import type { Ingress, IngressBackend } from '../../api/types/networking-v1.js';

/** Where a request goes: a port of a Service. Undefined service: a backend of a kind that is not a Service. */
export interface Backend {
  readonly namespace: string;
  readonly service: { readonly name: string; readonly port: string | number } | undefined;
}

interface Path {
  readonly path: string;
  readonly isExact: boolean;
  readonly backend: Backend;
}

interface Host {
  /** The longest first, of equal ones the exact one. */
  readonly paths: Path[];
  /** What requests get that no path takes. */
  fallback: Backend | undefined;
}

/** A Secret with the certificate for some names. */
export interface TlsEntry {
  readonly namespace: string;
  readonly secret: string;
}

const NO_HOST = '';

/**
 * Which backend requests go to, by the rules of all Ingresses together
 * (https://kubernetes.io/docs/concepts/services-networking/ingress/#the-ingress-resource). Where two Ingresses have rules
 * for the same path, the older one counts. Pure.
 */
export class Routes {
  private readonly hosts = new Map<string, Host>();
  private readonly secrets = new Map<string, TlsEntry>();
  private fallback: Backend | undefined;

  constructor(ingresses: readonly Ingress[]) {
    const age = ({ metadata }: Ingress): number => timeMs(metadata.creationTimestamp) ?? 0;
    const sorted = ingresses.toSorted((a, b) => age(a) - age(b) || (keyOf(a) < keyOf(b) ? -1 : 1));
    for (const ingress of sorted) this.add(ingress);
    for (const { paths } of this.hosts.values()) paths.sort((a, b) => b.path.length - a.path.length || Number(b.isExact) - Number(a.isExact));
  }

  /** `host` as the request names it, perhaps with a port; `path` without a query. Undefined where nobody answers. */
  match(host: string, path: string): Backend | undefined {
    const found = this.hostOf(nameOf(host));
    const route = found?.paths.find((candidate) => (candidate.isExact ? candidate.path === path : isUnder(path, candidate.path)));
    return route?.backend ?? found?.fallback ?? this.fallback;
  }

  /** The Secret with the certificate for a name; undefined where the Ingresses name none. */
  tlsFor(name: string): TlsEntry | undefined {
    return lookUp(this.secrets, name.toLowerCase());
  }

  /** The host, as rules write it, that a name falls under; undefined for a name that no rule has. */
  ruleHost(name: string): string | undefined {
    const host = name.toLowerCase();
    if (this.hosts.has(host)) return host;
    const wildcard = wildcardOf(host);
    return this.hosts.has(wildcard) ? wildcard : undefined;
  }

  private hostOf(name: string): Host | undefined {
    return lookUp(this.hosts, name) ?? this.hosts.get(NO_HOST);
  }

  private add({ metadata: { namespace = '' }, spec }: Ingress): void {
    const fallback = spec.defaultBackend && backendOf(namespace, spec.defaultBackend);
    this.fallback ??= fallback;
    for (const { host = NO_HOST, http } of spec.rules ?? []) {
      const name = host.toLowerCase();
      const entry = this.hosts.get(name) ?? { paths: [], fallback: undefined };
      this.hosts.set(name, entry);
      entry.fallback ??= fallback;
      for (const { path = '/', pathType, backend } of http?.paths ?? []) {
        const isExact = pathType === 'Exact';
        // Paths of no particular kind are prefixes, as most controllers have it.
        const normal = isExact ? path : path.replace(/\/+$/, '') || '/';
        if (!entry.paths.some((known) => known.path === normal && known.isExact === isExact)) entry.paths.push({ path: normal, isExact, backend: backendOf(namespace, backend) });
      }
    }
    for (const { hosts = [], secretName } of spec.tls ?? []) {
      if (!secretName) continue;
      // Without names the certificate is for whatever the rules have.
      const names = hosts.length > 0 ? hosts : (spec.rules ?? []).map(({ host = NO_HOST }) => host);
      for (const name of names) if (!this.secrets.has(name.toLowerCase())) this.secrets.set(name.toLowerCase(), { namespace, secret: secretName });
    }
  }
}

function backendOf(namespace: string, { service }: IngressBackend): Backend {
  return { namespace, service: service && { name: service.name, port: service.port?.name ?? service.port?.number ?? 0 } };
}

/** By the name itself, or by the wildcard that stands for its first label. */
function lookUp<T>(entries: ReadonlyMap<string, T>, name: string): T | undefined {
  return entries.get(name) ?? entries.get(wildcardOf(name));
}

function wildcardOf(name: string): string {
  const dot = name.indexOf('.');
  return dot < 1 ? '*' : `*${name.slice(dot)}`;
}

/** The name in a Host header. */
function nameOf(host: string): string {
  return (/^\[([^\]]*)\]/.exec(host)?.[1] ?? host.replace(/:\d*$/, '')).toLowerCase();
}

/** Element by element: `/foo` covers `/foo/bar`, not `/foobar`. */
function isUnder(path: string, prefix: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}

function keyOf({ metadata }: Ingress): string {
  return `${metadata.namespace}/${metadata.name}`;
}
