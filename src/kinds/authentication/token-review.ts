import { badRequest } from '../../api/errors.js';
import type { TokenReview, TokenReviewStatus } from '../../api/types/authentication-v1.js';
import type { Kind, VirtualAction } from '../../registry/kind.js';
import { defineKind } from '../define-kind.js';
import type { KindEnvironment } from '../environment.js';
import { userStatus } from './user-status.js';

/** Whose token is this? https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/ */
export function tokenReviewKind(environment: KindEnvironment): Kind {
  return defineKind({ group: 'authentication.k8s.io', version: 'v1', kind: 'TokenReview' }, { virtual: { create: async (action) => ({ object: await answer(environment, action) }) } });
}

async function answer(environment: KindEnvironment, { body }: VirtualAction): Promise<TokenReview> {
  const review = body as TokenReview;
  const { token, audiences } = review.spec ?? {};
  if (!token) throw badRequest('token is required for TokenReview in authentication');
  const verdict = await environment.reviewToken(token, audiences ?? []);
  const status: TokenReviewStatus = verdict.user
    ? { authenticated: true, user: userStatus(verdict.user), audiences: [...verdict.audiences] }
    : { user: {}, error: verdict.error };
  return { ...review, status };
}
