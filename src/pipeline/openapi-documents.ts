import type { Encoding, OpenApi, PackedDocument } from '../discovery/openapi/index.js';
import type { Clock } from '../base/clock.js';
import { conditionalAnswer } from './conditional.js';
import { pageNotFound, type DocumentHandler } from './documents.js';
import { parseAccept } from './negotiate.js';
import type { ApiRequest, DocumentResponse } from './request.js';

const JSON_TYPE = 'application/json';
const YEAR_MS = 365 * 24 * 3600 * 1000;

/** The media types of a version's documents, by their old names too, in the order in which `*` finds them. */
function offersOf(version: 'v2' | 'v3'): ReadonlyArray<readonly [asked: string, encoding: Encoding, contentType: string]> {
  const protobuf = `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`;
  return [
    [JSON_TYPE, 'json', JSON_TYPE],
    [protobuf, 'protobuf', protobuf],
    [`application/com.github.proto-openapi.spec.${version}@v1.0+protobuf`, 'protobuf', protobuf],
  ];
}
const OFFERS = { v2: offersOf('v2'), v3: offersOf('v3') };

/** What Go's http.ServeContent says; ranges themselves nobody has asked for yet, and a server may ignore them. */
const RANGES = { 'accept-ranges': 'bytes' };

type DocumentHeaders = NonNullable<DocumentResponse['headers']>;

const EMPTY = { type: 'document', contentType: '', body: '' } as const;

/** `/openapi/v2`, `/openapi/v3` and the documents below it (KEP-2896). Like Kubernetes' handlers they do not look at the method. */
export function openApiDocuments(openApi: OpenApi, clock: Clock): DocumentHandler {
  return (request) => {
    const { path } = request.info;
    if (path === '/openapi/v2') return version2(openApi, request);
    if (path === '/openapi/v3') return index(openApi, request);
    if (path.startsWith('/openapi/v3/')) return version3(openApi, clock, request, path.slice('/openapi/v3/'.length));
    return undefined;
  };
}

/** The real server's aggregator leaves it to Go's http package to find out what the index is: text, whatever the client accepts. */
function index(openApi: OpenApi, request: ApiRequest): DocumentResponse {
  const { lastModified } = openApi;
  const contentType = 'text/plain; charset=utf-8';
  const headers = { 'last-modified': new Date(lastModified).toUTCString(), ...RANGES };
  return conditionalAnswer(request, { contentType, lastModified }) ?? { type: 'document', code: 200, contentType, body: JSON.stringify(openApi.index()), headers };
}

async function version2(openApi: OpenApi, request: ApiRequest): Promise<DocumentResponse> {
  const vary = { vary: ['Accept-Encoding', 'Accept'] };
  const offer = accepted(request.headers['accept'], OFFERS.v2);
  if (!offer) return { ...EMPTY, code: 406, headers: vary };
  const [, encoding, contentType] = offer;
  return reply(request, openApi, await openApi.v2(encoding), contentType, vary);
}

async function version3(openApi: OpenApi, clock: Clock, request: ApiRequest, name: string): Promise<DocumentResponse> {
  if (!openApi.hasV3(name)) return { ...EMPTY, code: 404 };
  const vary = { vary: 'Accept' };
  const offer = accepted(request.headers['accept'], OFFERS.v3);
  if (!offer) return { ...EMPTY, code: 406, headers: vary };
  const [, encoding, contentType] = offer;
  const document = await openApi.v3(name, encoding);
  if (!document) return pageNotFound();
  const hash = request.query.get('hash');
  if (hash && hash !== document.etag) {
    const location = `/openapi/v3/${name}?hash=${document.etag}`;
    return { type: 'document', code: 301, contentType, body: '', headers: { location, etag: `"${document.etag}"`, ...vary } };
  }
  // A URL with a hash never changes its content.
  const lasting = hash ? { 'cache-control': 'public, immutable', expires: new Date(clock.now() + YEAR_MS).toUTCString() } : {};
  return reply(request, openApi, document, contentType, { ...vary, ...lasting });
}

async function reply(request: ApiRequest, { lastModified }: OpenApi, document: PackedDocument, contentType: string, extra: DocumentHeaders): Promise<DocumentResponse> {
  const unsent = conditionalAnswer(request, { contentType, lastModified, etag: `"${document.etag}"`, headers: extra });
  if (unsent) return unsent;
  const headers = { etag: `"${document.etag}"`, 'last-modified': new Date(lastModified).toUTCString(), ...RANGES, ...extra };
  const packed = request.headers['accept-encoding']?.split(',').some((word) => word.trim() === 'gzip') ?? false;
  if (!packed) return { type: 'document', code: 200, contentType, body: await document.plain(), headers };
  return { type: 'document', code: 200, contentType, body: document.gzipped, headers: { ...headers, vary: ['Accept-Encoding', 'Accept'], 'content-encoding': 'gzip' } };
}

/** What fits the client's best clause of Accept. */
function accepted<T extends readonly [asked: string, ...more: unknown[]]>(accept: string | undefined, offers: readonly T[]): T | undefined {
  for (const { type } of parseAccept(accept || '*/*')) {
    const found = offers.find(([asked]) => asked === type || type === '*/*' || type === 'application/*');
    if (found) return found;
  }
  return undefined;
}
