import type { ApiRequest, DocumentResponse } from './request.js';

/**
 * Answers what is no resource: discovery, OpenAPI, /version. A handler returns undefined for paths that are not its own.
 */
export type DocumentHandler = (request: ApiRequest) => DocumentResponse | undefined | Promise<DocumentResponse | undefined>;
