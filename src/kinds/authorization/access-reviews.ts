import { invalid } from '../../api/errors.js';
import type { FieldError } from '../../api/field.js';
import type { LocalSubjectAccessReview, NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SubjectAccessReview, SubjectAccessReviewStatus } from '../../api/types/authorization-v1.js';
import type { UserInfo } from '../../api/user.js';
import type { AccessQuestion } from '../../authz/index.js';
import type { Kind, VirtualAction } from '../../registry/kind.js';
import { defineKind } from '../define-kind.js';
import type { AccessControl, KindEnvironment } from '../environment.js';
import { localReviewErrors, reviewErrors } from './review-validation.js';
import { selectorProblems } from './selector-problems.js';

/** May somebody do something? https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */

const GROUP = 'authorization.k8s.io';

interface Attributes {
  readonly resourceAttributes?: ResourceAttributes | undefined;
  readonly nonResourceAttributes?: NonResourceAttributes | undefined;
}

export function accessReviewKinds({ access }: KindEnvironment): Kind[] {
  return [
    reviewKind('SubjectAccessReview', ({ body }) => review(access, body as SubjectAccessReview, namedUser(body as SubjectAccessReview), reviewErrors)),
    reviewKind('LocalSubjectAccessReview', ({ body }) => review(access, body as LocalSubjectAccessReview, namedUser(body as LocalSubjectAccessReview), localReviewErrors)),
    reviewKind('SelfSubjectAccessReview', ({ body, user }) => review(access, body as SelfSubjectAccessReview, user, reviewErrors)),
  ];
}

type Review = SubjectAccessReview | LocalSubjectAccessReview | SelfSubjectAccessReview;

function reviewKind(kind: string, answer: (action: VirtualAction) => Review): Kind {
  return defineKind({ group: GROUP, version: 'v1', kind }, { virtual: { create: (action) => Promise.resolve().then(() => ({ object: answer(action) })) } });
}

function review<R extends Review>(access: AccessControl, asked: R, user: UserInfo, errorsOf: (asked: R) => FieldError[]): R {
  const errors = errorsOf(asked);
  // The real server does not know the kind here either.
  if (errors.length > 0) throw invalid({ group: GROUP, kind: '' }, '', errors);
  return { ...asked, status: statusOf(access, user, asked.spec) };
}

function namedUser({ spec }: SubjectAccessReview | LocalSubjectAccessReview): UserInfo {
  return { name: spec.user ?? '', groups: spec.groups ?? [], uid: spec.uid, extra: spec.extra };
}

function statusOf(access: AccessControl, user: UserInfo, { resourceAttributes, nonResourceAttributes }: Attributes): SubjectAccessReviewStatus {
  const { allowed, reason } = access.decide(user, resourceAttributes ? resourceQuestion(resourceAttributes) : { isResource: false, verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' });
  const problems = resourceAttributes ? selectorProblems(resourceAttributes) : [];
  return { allowed, ...(reason ? { reason } : {}), ...(problems.length > 0 ? { evaluationError: problems.join('; ') } : {}) };
}

function resourceQuestion({ verb = '', group = '', resource = '', subresource = '', namespace = '', name = '' }: ResourceAttributes): AccessQuestion {
  return { isResource: true, verb, group, resource, subresource, namespace, name };
}
