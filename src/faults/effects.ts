import { alreadyExists, ApiError, conflict, forbidden, internalError, notFound, serviceUnavailable, unauthorized } from '../api/errors.js';
import type { ApiRequest, ApiResponse } from '../pipeline/request.js';
import type { FaultError } from './rule.js';

/** Reasons as k8s.io/apimachinery's NewGenericServerResponse gives them. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 405: 'MethodNotAllowed', 406: 'NotAcceptable', 409: 'Conflict', 410: 'Expired',
  413: 'RequestEntityTooLarge', 415: 'UnsupportedMediaType', 422: 'Invalid', 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout',
};

const INJECTED = 'an injected fault';

/** The error of a rule, as the real server would say it of this request. */
export function errorFor(wanted: number | FaultError, request: ApiRequest): ApiError {
  const { code, reason, message, retryAfterSeconds } = typeof wanted === 'number' ? { code: wanted } : wanted;
  const usual = usualError(code, request);
  const details = { ...usual.details, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  return new ApiError(code, reason ?? usual.reason, message ?? usual.message, Object.keys(details).length > 0 ? details : undefined);
}

function usualError(code: number, { info }: ApiRequest): ApiError {
  const resource = info.isResource ? { group: info.group, resource: info.resource } : { group: '', resource: '' };
  const name = info.isResource ? info.name : '';
  switch (code) {
    case 401:
      return unauthorized();
    case 403:
      return forbidden(resource, name, INJECTED);
    case 404:
      return notFound(resource, name);
    case 409:
      return info.verb === 'create' ? alreadyExists(resource, name) : conflict(resource, name);
    case 429:
      return new ApiError(code, 'TooManyRequests', 'too many requests, please try again later', {});
    case 500:
      return internalError(INJECTED);
    case 503:
      return serviceUnavailable(`the server is currently unable to handle the request: ${INJECTED}`);
    default:
      return new ApiError(code, REASONS[code] ?? '', INJECTED, {});
  }
}

export function statusOf(error: ApiError): ApiResponse {
  return { type: 'status', code: error.code, status: error.toStatus(), warnings: [] };
}
