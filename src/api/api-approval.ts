import { invalid, Path, quote, required, type FieldError } from './field.js';
import type { CustomResourceDefinition } from './types/apiextensions-v1.js';

/** Groups of the Kubernetes community are for APIs that it has approved: an annotation says where (https://github.com/kubernetes/enhancements/pull/1111). */

const ANNOTATION = 'api-approved.kubernetes.io';
const WHERE = 'see https://github.com/kubernetes/enhancements/pull/1111';

export type ApprovalState = 'missing' | 'bypassed' | 'approved' | 'invalid';

export interface Approval {
  readonly state: ApprovalState;
  /** As conditions and errors of the real server say it. */
  readonly reason: string;
}

export const isProtectedGroup = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group);

export function approvalOf({ metadata }: CustomResourceDefinition): Approval {
  const text = metadata.annotations?.[ANNOTATION] ?? '';
  const must = `protected groups must have approval annotation ${quote(ANNOTATION)}`;
  if (text === '') return { state: 'missing', reason: `${must}, ${WHERE}` };
  if (text.startsWith('unapproved')) return { state: 'bypassed', reason: `not approved: ${quote(text)}` };
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?\s]+/.test(text) && URL.canParse(text)) return { state: 'approved', reason: `approved in ${text}` };
  return { state: 'invalid', reason: `${must} with either a URL or a reason starting with "unapproved", ${WHERE}` };
}

export function approvalErrors(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  if (!isProtectedGroup(definition.spec.group)) return [];
  const { state, reason } = approvalOf(definition);
  if (old && approvalOf(old).state === state) return [];
  const path = Path.of('metadata', 'annotations').key(ANNOTATION);
  if (state === 'missing') return [required(path, reason)];
  return state === 'invalid' ? [invalid(path, definition.metadata.annotations?.[ANNOTATION] ?? '', reason)] : [];
}
