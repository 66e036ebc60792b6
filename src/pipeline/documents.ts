import { methodNotAllowed } from '../api/errors.js';
import type { Discovery } from '../discovery/index.js';
import { encodeObject } from './encode/object.js';
import { MEDIA_TYPES, negotiate } from './negotiate.js';
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
    const path = info.path.length > 1 && info.path.endsWith('/') ? info.path.slice(0, -1) : info.path;
    if (!/^\/apis?(?:\/|$)/.test(path)) return undefined;
    const accept = headers['accept'];
    const document = discovery.document(path, accept);
    if (!document) return undefined;
    if (method !== 'GET' && !ANY_METHOD.test(path)) throw methodNotAllowed();
    if (document.contentType) {
      const notModified = document.etag !== undefined && headers['if-none-match'] === document.etag;
      return {
        type: 'document',
        code: notModified ? 304 : 200,
        contentType: document.contentType,
        body: notModified ? '' : JSON.stringify(document.object),
        headers: { 'cache-control': 'public', vary: 'Accept', ...(document.etag ? { etag: document.etag } : {}) },
      };
    }
    const negotiated = negotiate(request);
    return { type: 'document', code: 200, contentType: MEDIA_TYPES[negotiated.encoding], body: Buffer.concat(encodeObject(document.object, undefined, negotiated)) };
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
