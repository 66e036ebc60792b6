import type { ApiRequest, DocumentResponse } from './request.js';

/** What is known of a document before it is sent. */
export interface ContentFacts {
  readonly contentType: string;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
  /** With its quotes. */
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * The answer to a conditional request whose document need not be sent: 304 or 412, by the rules of Go's
 * http.ServeContent (RFC 9110, section 13). Undefined when it is to be sent.
 */
export function conditionalAnswer({ method, headers }: Pick<ApiRequest, 'method' | 'headers'>, { contentType, lastModified, etag, headers: more }: ContentFacts): DocumentResponse | undefined {
  const tag = etag === undefined ? {} : { etag };
  const modified = { 'last-modified': new Date(lastModified).toUTCString() };
  const failed: DocumentResponse = { type: 'document', code: 412, contentType, body: '', headers: { ...tag, ...modified, ...more } };
  // Go says when a document changed last only to those whose copy has no tag.
  const unchanged: DocumentResponse = { type: 'document', code: 304, contentType: '', body: '', headers: { ...(etag === undefined ? modified : tag), ...more } };
  const reads = method === 'GET' || method === 'HEAD';

  const match = headers['if-match'];
  if (match !== undefined && !names(match, etag, false)) return failed;
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return names(noneMatch, etag, true) ? (reads ? unchanged : failed) : undefined;
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return reads && since >= Math.floor(lastModified / 1000) * 1000 ? unchanged : undefined;
}

/** Whether a list of tags has this one; weak tags are equal to strong ones when `weakly`. */
function names(list: string, etag: string | undefined, weakly: boolean): boolean {
  if (list.trim() === '*') return true;
  return list.split(',').some((text) => (weakly ? text.trim().replace(/^W\//, '') : text.trim()) === etag);
}
