import { createSecureContext, type SecureContext } from 'node:tls';
import type { Secret } from '../../api/types/core-v1.js';
import type { Informer } from '../../client/informer.js';
import type { Routes } from './routes.js';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Makes a serving certificate for some names. */
export type CertificateMaker = (names: readonly string[]) => KeyPair;

interface Known {
  readonly version: string;
  readonly context: SecureContext | undefined;
}

/** Certificates by the name that a client asks for: from the Secrets of Ingresses, or made here. */
export class Certificates {
  private readonly fromSecrets = new Map<string, Known>();
  private readonly made = new Map<string, SecureContext>();
  private fallbackPair: KeyPair | undefined;

  constructor(
    private readonly secrets: Informer<Secret>,
    private readonly make: CertificateMaker,
    private readonly warn: (secret: string, error: unknown) => void,
  ) {}

  /** For clients that name nobody, or somebody whom no rule knows. */
  get fallback(): KeyPair {
    return (this.fallbackPair ??= this.make(['localhost', '127.0.0.1']));
  }

  of(name: string, routes: Routes): SecureContext {
    const entry = routes.tlsFor(name);
    const own = entry && this.fromSecret(entry.namespace, entry.secret);
    if (own) return own;
    // Only names of rules get certificates of their own: strangers must not make us make keys without end.
    return this.self(routes.ruleHost(name) ?? '');
  }

  private fromSecret(namespace: string, name: string): SecureContext | undefined {
    const key = `${namespace}/${name}`;
    const secret = this.secrets.get(name, namespace);
    if (!secret) {
      this.fromSecrets.delete(key);
      return undefined;
    }
    const version = secret.metadata.resourceVersion ?? '';
    const known = this.fromSecrets.get(key);
    if (known?.version === version) return known.context;
    let context: SecureContext | undefined;
    try {
      const text = (field: string): string => Buffer.from(secret.data?.[field] ?? '', 'base64').toString();
      context = createSecureContext({ cert: text('tls.crt'), key: text('tls.key') });
    } catch (error) {
      this.warn(key, error);
    }
    this.fromSecrets.set(key, { version, context });
    return context;
  }

  private self(host: string): SecureContext {
    let context = this.made.get(host);
    if (!context) {
      context = createSecureContext(host === '' ? this.fallback : this.make([host]));
      this.made.set(host, context);
    }
    return context;
  }
}
