import { ApiError } from '../../api/errors.js';
import type { Clock } from '../../base/clock.js';
import { checkStreams, MEDIA_TYPES, negotiate, offerOf, type Negotiated } from '../negotiate.js';
import type { Status } from '../../api/types/meta-v1.js';
import type { ApiRequest, ApiResponse, EncodedResponse, ListResponse, Pieces } from '../request.js';
import { listBytes, listObject, partialListBytes, tableBytes } from './list.js';
import { encodeObject, objectReply } from './object.js';
import { checkTransform, partialList, partialObject } from './partial.js';
import { includeObject, listTable, objectTable, type TableOptions } from './table.js';
import { watchReply } from './watch.js';

const FOR_PEOPLE: Negotiated = { encoding: 'json', pretty: true, as: undefined, version: 'v1' };

/** Turns a response into bytes, as the request's Accept header asks. Errors of doing so are answered in its place. */
export function encodeResponse(clock: Clock, request: ApiRequest, response: Exclude<ApiResponse, { type: 'connect' }>): EncodedResponse {
  const reply = attempt(clock, request, response);
  if (response.warnings.length === 0) return reply;
  return { ...reply, headers: { ...reply.headers, warning: response.warnings.map(warningHeader) } };
}

function attempt(clock: Clock, request: ApiRequest, response: Exclude<ApiResponse, { type: 'connect' }>): EncodedResponse {
  if (response.type === 'document') {
    const body = typeof response.body === 'string' ? Buffer.from(response.body) : response.body;
    return { code: response.code, headers: { ...(response.contentType === '' ? {} : { 'content-type': response.contentType }), ...response.headers }, body: [body] };
  }
  if (response.type === 'status') return statusReply(request, response.code, response.status);
  try {
    return encodeData(clock, request, response);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return statusReply(request, error.code, error.toStatus());
  }
}

function statusReply(request: ApiRequest, code: number, status: Status): EncodedResponse {
  const delay = status.details?.retryAfterSeconds;
  return objectReply(code, status, undefined, statusNegotiation(request), delay ? { 'retry-after': String(delay) } : {});
}

function encodeData(clock: Clock, request: ApiRequest, response: Extract<ApiResponse, { type: 'object' | 'list' | 'watch' }>): EncodedResponse {
  const negotiated = negotiate(request, offerOf(response.kind));
  const tableOptions = (): TableOptions => ({ version: negotiated.version, include: includeObject(request.query), nowMs: clock.now() });
  const headers = { 'content-type': MEDIA_TYPES[negotiated.encoding] };
  switch (response.type) {
    case 'watch':
      // Said before the stream begins.
      if (negotiated.as === 'Table') tableOptions();
      checkStreams(negotiated);
      return watchReply(response, negotiated, tableOptions);
    case 'list': {
      checkTransform(negotiated, response.kind, true);
      const asBytes = negotiated.encoding === 'json' && !negotiated.pretty;
      return { code: 200, headers, body: asBytes ? listAsBytes(response, negotiated, tableOptions) : encodeObject(listAsObject(response, negotiated, tableOptions), undefined, negotiated) };
    }
    case 'object': {
      const { object, kind, code } = response;
      const printer = kind?.printer ?? response.printer;
      checkTransform(negotiated, kind, false);
      if (printer && negotiated.as === 'Table') return objectReply(code, objectTable({ printer }, object, tableOptions()), undefined, negotiated);
      if (kind && negotiated.as) return objectReply(code, partialObject(object, negotiated.version), undefined, negotiated);
      return objectReply(code, object, response.entry?.json, negotiated);
    }
  }
}

function listAsBytes(response: ListResponse, { as, version }: Negotiated, tableOptions: () => TableOptions): readonly Buffer[] | Pieces {
  if (as === 'Table') return tableBytes(response, tableOptions());
  return as ? partialListBytes(response, version) : listBytes(response);
}

function listAsObject(response: ListResponse, { as, version }: Negotiated, tableOptions: () => TableOptions): object {
  if (as === 'Table') return listTable(response.kind, response, tableOptions());
  return as ? partialList(response, version) : listObject(response);
}

/** A Status goes out in an encoding that the client takes, or else as JSON for people; it is never a Table. */
function statusNegotiation(request: ApiRequest): Negotiated {
  try {
    return negotiate(request, { transforms: false });
  } catch {
    return FOR_PEOPLE;
  }
}

/** RFC 7234 warn-code 299, as Kubernetes sends warnings. */
function warningHeader(text: string): string {
  const safe = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').replace(/["\\]/g, '\\$&');
  return `299 - "${Buffer.from(safe).toString('latin1')}"`;
}
