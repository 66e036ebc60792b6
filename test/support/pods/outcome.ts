import type { KubeObject } from '../../../src/api/object.js';
import type { Status } from '../../../src/api/types/meta-v1.js';
import type { ApiResponse } from '../../../src/pipeline/request.js';

/** What record.mjs kept of an answer, and what ours is brought to for comparing. */
export interface Answer {
  readonly code: number;
  readonly warnings?: readonly string[] | undefined;
  readonly object?: unknown;
  readonly status?: { readonly message?: string | undefined; readonly reason?: string | undefined; readonly details?: Status['details'] };
}

/** Without what is drawn by lot or by the clock: the twin of `settled` in oracle.mjs. */
export function settled(object: KubeObject): unknown {
  const { uid: _uid, creationTimestamp: _created, managedFields: _managed, resourceVersion: _version, ...metadata } = object.metadata;
  if (metadata.generateName) metadata.name = `${metadata.generateName}#`;
  const text = JSON.stringify({ ...object, metadata });
  return JSON.parse(text.replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-#').replace(/"lastTransitionTime":"[^"]*"/g, '"lastTransitionTime":"#"'));
}

/**
 * Errors of maps have no order in Go, and the real server tells some errors of metadata up to four times (which its message
 * and kubectl hide): causes are compared as a set, and where errors are of a map the message counts by its words.
 */
export function comparable({ code, warnings, object, status }: Answer, unordered = false): unknown {
  const { causes, ...details } = status?.details ?? {};
  const set = causes && [...new Set(causes.map((cause) => JSON.stringify(cause, ['field', 'message', 'reason'])))].sort();
  return {
    code,
    ...(warnings && warnings.length > 0 ? { warnings } : {}),
    ...(object === undefined ? {} : { object }),
    ...(status ? { status: { reason: status.reason, message: unordered ? words(status.message) : status.message, details, causes: set } } : {}),
  };
}

const words = (text = ''): string => text.split(/[[\], ]+/).sort().join(' ');

export function answerOf(response: ApiResponse): Answer {
  const { warnings } = response;
  if (response.type === 'object') return { code: response.code, warnings, object: settled(response.object) };
  if (response.type !== 'status') throw new Error(`unexpected ${response.type}`);
  const { message, reason, details } = response.status;
  return { code: response.code, warnings, status: { message, reason, details } };
}
