import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gunzip, gzip } from 'node:zlib';
import type { Clock } from '../../base/clock.js';
import type { KindCatalogue } from '../../registry/catalogue.js';
import { loadFact } from '../../schema/facts.js';
import type { JsonSchema } from '../../schema/node.js';
import { encodeOpenApiV2 } from '../../schema/protobuf/openapi-v2.js';
import { encodeOpenApiV3 } from '../../schema/protobuf/openapi-v3.js';
import { servedGroups, type ServedGroup } from '../groups.js';
import { documentV2 } from './document-v2.js';
import { documentV3, type GroupVersion } from './document-v3.js';
import { type Entries, jsonPieces, toObject } from './entries.js';
import { resourceOperations, type ApiOperation } from './operations.js';
import { loadProse, type Prose } from './prose.js';
import { serverOperations } from './server-operations.js';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** An OpenAPI document as bytes. It is kept compressed, for most clients take it so. */
export interface PackedDocument {
  readonly etag: string;
  readonly gzipped: Buffer;
  plain(): Promise<Buffer>;
}

export type Encoding = 'json' | 'protobuf';

interface Sources {
  readonly operations: ReadonlyMap<string, readonly ApiOperation[]>;
  readonly definitions: Readonly<Record<string, JsonSchema>>;
  /** Those of custom resources, as documents of version 2 have them. */
  readonly customV2: Readonly<Record<string, JsonSchema>>;
  readonly prose: Prose;
}

/**
 * The documents of `/openapi/v2` and `/openapi/v3`. Each is made when somebody asks for it first and kept, packed,
 * until the catalogue changes; the facts that it is made of are dropped again.
 */
export class OpenApi {
  private readonly documents = new Map<string, Promise<PackedDocument>>();
  private paths: ReadonlyMap<string, string[]> | undefined;
  private tags = new Map<string, string>();
  private lastSources: WeakRef<Sources> | undefined;
  private version = -1;
  private changedAt = 0;

  constructor(
    private readonly catalogue: KindCatalogue,
    private readonly clock: Clock,
  ) {}

  /** `/openapi/v3`: where each document is, with a hash of its content. */
  index(): { readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>> } {
    this.refresh();
    const names = [...this.documentPaths().keys()].sort();
    return { paths: Object.fromEntries(names.map((name) => [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${this.etag(name)}` }])) };
  }

  /** Whether the index has the document. */
  hasV3(name: string): boolean {
    this.refresh();
    return this.documentPaths().has(name);
  }

  /** When the catalogue changed last, as far as anybody asked; milliseconds since 1970, in another second for each change. */
  get lastModified(): number {
    this.refresh();
    return this.changedAt;
  }

  /** A document of version 3 by its name in the index, e.g. `apis/apps/v1`. */
  v3(name: string, encoding: Encoding): Promise<PackedDocument> | undefined {
    this.refresh();
    const paths = this.documentPaths().get(name);
    if (!paths) return undefined;
    return this.keep(`v3 ${encoding} ${name}`, () => {
      const { operations, definitions, prose } = this.sources();
      const own = new Map(paths.map((path) => [path, operations.get(path) ?? []]));
      const document = documentV3(own, definitions, prose, groupVersionOf(name));
      return encoding === 'json' ? packJson(document, this.etag(name)) : packBytes(encodeOpenApiV3(toObject(document)), this.etag(name));
    });
  }

  v2(encoding: Encoding): Promise<PackedDocument> {
    this.refresh();
    return this.keep(`v2 ${encoding}`, () => {
      const { operations, definitions, customV2, prose } = this.sources();
      const document = documentV2(operations, { ...definitions, ...customV2 }, prose);
      return encoding === 'json' ? packJson(document, this.etag('v2')) : packBytes(encodeOpenApiV2(toObject(document)), this.etag('v2'));
    });
  }

  private keep(key: string, make: () => Promise<PackedDocument>): Promise<PackedDocument> {
    const known = this.documents.get(key);
    if (known) return known;
    const made = make();
    this.documents.set(key, made);
    made.catch(() => this.documents.delete(key));
    return made;
  }

  private refresh(): void {
    if (this.version === this.catalogue.version) return;
    this.version = this.catalogue.version;
    // HTTP dates have seconds: what changes twice in one must look changed the second time too.
    this.changedAt = Math.max(this.clock.now(), (Math.floor(this.changedAt / 1000) + 1) * 1000);
    this.documents.clear();
    this.tags.clear();
    this.paths = undefined;
    this.lastSources = undefined;
  }

  /** What documents are made of. Kept as long as there is room: clients ask for several documents at once. */
  private sources(): Sources {
    const known = this.lastSources?.deref();
    if (known) return known;
    const made = { operations: this.operations(), definitions: this.definitions(), customV2: this.customDefinitions(), prose: loadProse() };
    this.lastSources = new WeakRef(made);
    return made;
  }

  private definitions(): Record<string, JsonSchema> {
    const facts = loadFact('schemas') as Record<string, JsonSchema>;
    const own = [...this.catalogue.all()].flatMap(({ ownDefinitions }) => ownDefinitions?.schemas ?? []);
    return own.length === 0 ? facts : Object.assign({}, facts, ...own);
  }

  private customDefinitions(): Record<string, JsonSchema> {
    return Object.assign({}, ...[...this.catalogue.all()].flatMap(({ ownDefinitions }) => ownDefinitions?.schemasV2 ?? [])) as Record<string, JsonSchema>;
  }

  private operations(): Map<string, ApiOperation[]> {
    const operations = serverOperations(this.groups().filter(isDocumented));
    for (const kind of this.catalogue.all()) {
      // What goes only when its finalizers are done is documented as answering a Status.
      const traits = { returnsDeleted: (kind.strategy.returnsDeleted ?? false) && !kind.strategy.pendingFinalizers, definitions: kind.ownDefinitions, custom: kind.custom !== undefined };
      for (const [path, own] of resourceOperations(kind.facts, traits)) operations.set(path, own);
    }
    return operations;
  }

  private groups(): ServedGroup[] {
    return servedGroups(this.catalogue.all());
  }

  /** Names of the documents of version 3 and the paths in each. */
  private documentPaths(): ReadonlyMap<string, string[]> {
    if (this.paths) return this.paths;
    const documents = new Map<string, string[]>();
    for (const path of this.operations().keys()) {
      const name = documentName(path);
      const paths = documents.get(name);
      if (paths) paths.push(path);
      else documents.set(name, [path]);
    }
    return (this.paths = documents);
  }

  /**
   * Changes with the content of a document. That is a function of facts and of the kinds of a group version, so that
   * the index can be answered without making the documents.
   */
  private etag(name: string): string {
    const known = this.tags.get(name);
    if (known) return known;
    const hash = createHash('sha512').update(sourcesFingerprint()).update(name);
    for (const { facts, strategy, ownDefinitions } of this.catalogue.all()) {
      const of = facts.group ? `apis/${facts.group}/${facts.version}` : `api/${facts.version}`;
      if (name === 'v2' || of.startsWith(name)) hash.update(JSON.stringify([facts, strategy.returnsDeleted ?? false, ownDefinitions]));
    }
    const tag = hash.digest('hex').toUpperCase();
    this.tags.set(name, tag);
    return tag;
  }
}

/** The groups and versions of custom resources are found, but not documented. */
function isDocumented({ versions }: ServedGroup): boolean {
  return versions.some(({ kinds }) => kinds.some(({ custom }) => !custom));
}

let fingerprint: Buffer | undefined;

function sourcesFingerprint(): Buffer {
  if (fingerprint) return fingerprint;
  const hash = createHash('sha512');
  for (const name of ['schemas', 'parameters', 'defaults'] as const) hash.update(JSON.stringify(loadFact(name)));
  hash.update(JSON.stringify(loadProse()));
  return (fingerprint = hash.digest());
}

/** `/apis/apps/v1/deployments` is in the document `apis/apps/v1`, `/apis/apps/` in `apis/apps`. */
function documentName(path: string): string {
  const parts = path.slice(1).split('/');
  if (path.endsWith('/')) return path.slice(1, -1);
  return parts.slice(0, parts[0] === 'api' ? 2 : 3).join('/');
}

function groupVersionOf(name: string): GroupVersion | undefined {
  const parts = name.split('/');
  if (parts[0] === 'api' && parts[1] !== undefined) return { group: '', version: parts[1] };
  return parts[0] === 'apis' && parts[1] !== undefined && parts[2] !== undefined ? { group: parts[1], version: parts[2] } : undefined;
}

async function packJson(document: Entries, etag: string): Promise<PackedDocument> {
  const packed: Buffer[] = [];
  for await (const chunk of Readable.from(jsonPieces(document)).pipe(createGzip())) packed.push(chunk as Buffer);
  return packedDocument(Buffer.concat(packed), etag);
}

async function packBytes(bytes: Buffer, etag: string): Promise<PackedDocument> {
  return packedDocument(await pack(bytes), etag);
}

function packedDocument(gzipped: Buffer, etag: string): PackedDocument {
  return { etag, gzipped, plain: () => unpack(gzipped) };
}
