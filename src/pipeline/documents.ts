import { methodNotAllowed } from '../api/errors.js';
import type { Discovery } from '../discovery/index.js';
import { encodeObject } from './encode/object.js';
import { MEDIA_TYPES, negotiate, negotiateAggregated, type Negotiated } from './negotiate.js';
import type { ApiRequest, DocumentResponse } from './request.js';

/**
 * Answers what is no resource: discovery, OpenAPI, /version. A handler returns undefined for paths that are not its own.
 */
export type DocumentHandler = (request: ApiRequest) => DocumentResponse | undefined | Promise<DocumentResponse | undefined>;

/** How Go's server answers paths that nobody handles. */
export function pageNotFound(): DocumentResponse {
  return { type: 'document', code: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n', headers: { 'x-content-type-options': 'nosniff' } };
}

/** `/api`, `/apis` and what lies below them. */
export function discoveryDocuments(discovery: Discovery): DocumentHandler {
  return (request) => {
    const { method, info, headers } = request;
    const path = info.path.replace(/\/+$/, '');
    if (!/^\/apis?(?:\/|$)/.test(path)) return undefined;
    const anyMethod = ANY_METHOD.test(path);
    if ((path === '/api' && method === 'GET') || (path === '/apis' && info.path === path)) {
      const form = negotiateAggregated(request);
      if (form) return aggregated(discovery, path, form, headers['if-none-match']);
    }
    const document = discovery.document(path);
    if (!document) return undefined;
    if (method !== 'GET' && !anyMethod) throw methodNotAllowed();
    const negotiated = negotiate(request, { transforms: false, routed: !anyMethod });
    return { type: 'document', code: 200, contentType: MEDIA_TYPES[negotiated.encoding], body: Buffer.concat(encodeObject(document, undefined, negotiated, `${META}.${document.kind}`)) };
  };
}

const META = 'k8s.io.apimachinery.pkg.apis.meta.v1';
const AGGREGATED = { parameters: ';g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList', message: 'k8s.io.api.apidiscovery.v2.APIGroupDiscoveryList' };

/** Everything below `/api` or `/apis` in one document, which clients keep as long as its tag stays (KEP-3352). */
function aggregated(discovery: Discovery, path: '/api' | '/apis', form: Pick<Negotiated, 'encoding' | 'pretty'>, known: string | undefined): DocumentResponse {
  const { object, etag } = discovery.aggregated(path);
  const notModified = known === etag;
  return {
    type: 'document',
    code: notModified ? 304 : 200,
    contentType: MEDIA_TYPES[form.encoding] + AGGREGATED.parameters,
    body: notModified ? '' : Buffer.concat(encodeObject(object, undefined, form, AGGREGATED.message)),
    headers: { 'cache-control': 'public', vary: 'Accept', etag },
  };
}

/** Kubernetes' aggregator, which answers for groups, does not look at the method; the routes of group versions do. */
const ANY_METHOD = /^\/apis(?:\/(?!apiregistration\.k8s\.io$)[^/]+)?$/;

/** `/`: every path that answers, for people who look around. */
export function indexDocument(paths: () => readonly string[]): DocumentHandler {
  return ({ info }) => {
    if (info.path !== '/' && info.path !== '/index.html') return undefined;
    return { type: 'document', code: 200, contentType: 'application/json', body: JSON.stringify({ paths: [...new Set(paths())].sort() }, null, 2) };
  };
}
