import type { SelfSubjectReview } from '../../api/types/authentication-v1.js';
import type { VirtualAction } from '../../registry/kind.js';
import { defineKind } from '../define-kind.js';
import { userStatus } from './user-status.js';

/** Who am I? https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review */
export const selfSubjectReviewKind = defineKind(
  { group: 'authentication.k8s.io', version: 'v1', kind: 'SelfSubjectReview' },
  { virtual: { create: (action) => Promise.resolve({ object: answer(action) }) } },
);

/** Whatever else the body says is of no interest. */
function answer({ body, user, now }: VirtualAction): SelfSubjectReview {
  const metadata = { creationTimestamp: now } as SelfSubjectReview['metadata'];
  return { kind: body.kind, apiVersion: body.apiVersion, metadata, status: { userInfo: userStatus(user) } };
}
