import type { OpenApi, PackedDocument } from '../discovery/openapi/index.js';
import type { Clock } from '../base/clock.js';
import type { DocumentHandler } from './documents.js';
import type { ApiRequest, DocumentResponse } from './request.js';

const JSON_TYPE = 'application/json';
const PROTOBUF_V2 = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const PROTOBUF_V2_NAMES = [PROTOBUF_V2, 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'];
const YEAR_MS = 365 * 24 * 3600 * 1000;

/** `/openapi/v2`, `/openapi/v3` and the documents below it (KEP-2896). */
export function openApiDocuments(openApi: OpenApi, clock: Clock): DocumentHandler {
  return async (request) => {
    const { method, info } = request;
    if (!info.path.startsWith('/openapi/') || (method !== 'GET' && method !== 'HEAD')) return undefined;
    const path = info.path.endsWith('/') ? info.path.slice(0, -1) : info.path;
    if (path === '/openapi/v2') return version2(openApi, request);
    if (path === '/openapi/v3') return { type: 'document', code: 200, contentType: JSON_TYPE, body: JSON.stringify(openApi.index()) };
    if (!path.startsWith('/openapi/v3/')) return undefined;
    return version3(openApi, clock, request, path.slice('/openapi/v3/'.length));
  };
}

async function version2(openApi: OpenApi, request: ApiRequest): Promise<DocumentResponse> {
  const type = accepted(request.headers['accept'], [JSON_TYPE, ...PROTOBUF_V2_NAMES]);
  if (type === undefined) return notAcceptable();
  const asJson = type === JSON_TYPE;
  return reply(request, await openApi.v2(asJson ? 'json' : 'protobuf'), asJson ? JSON_TYPE : PROTOBUF_V2, {});
}

async function version3(openApi: OpenApi, clock: Clock, request: ApiRequest, name: string): Promise<DocumentResponse | undefined> {
  const made = openApi.v3(name);
  if (!made) return undefined;
  if (accepted(request.headers['accept'], [JSON_TYPE]) === undefined) return notAcceptable();
  const document = await made;
  const hash = request.query.get('hash');
  if (hash && hash !== document.etag) {
    const location = `/openapi/v3/${name}?hash=${document.etag}`;
    return { type: 'document', code: 301, contentType: 'text/html; charset=utf-8', body: `<a href="${location}">Moved Permanently</a>.\n\n`, headers: { location } };
  }
  // A URL with a hash never changes its content.
  const lasting = hash ? { 'cache-control': 'public, immutable', expires: new Date(clock.now() + YEAR_MS).toUTCString() } : {};
  return reply(request, document, JSON_TYPE, lasting);
}

async function reply(request: ApiRequest, document: PackedDocument, contentType: string, extra: Readonly<Record<string, string>>): Promise<DocumentResponse> {
  const headers = { etag: `"${document.etag}"`, vary: 'Accept', ...extra };
  if (request.headers['if-none-match'] === headers.etag) return { type: 'document', code: 304, contentType, body: '', headers };
  const packed = request.headers['accept-encoding']?.split(',').some((word) => word.trim() === 'gzip') ?? false;
  if (!packed) return { type: 'document', code: 200, contentType, body: await document.plain(), headers };
  return { type: 'document', code: 200, contentType, body: document.gzipped, headers: { ...headers, vary: 'Accept-Encoding, Accept', 'content-encoding': 'gzip' } };
}

function notAcceptable(): DocumentResponse {
  return { type: 'document', code: 406, contentType: 'text/plain; charset=utf-8', body: '' };
}

/** The first of the client's media types that is served; the client's order decides. */
function accepted(accept: string | undefined, served: readonly string[]): string | undefined {
  for (const clause of (accept || '*/*').split(',')) {
    const type = clause.split(';')[0]?.trim() ?? '';
    if (served.includes(type)) return type;
    if (type === '*/*' || type === 'application/*') return served[0];
  }
  return undefined;
}
