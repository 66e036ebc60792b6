import { badRequest } from '../../api/errors.js';
import type { ResourceRule, SelfSubjectRulesReview, SubjectRulesReviewStatus } from '../../api/types/authorization-v1.js';
import type { PolicyRule } from '../../api/types/rbac-v1.js';
import type { Kind, VirtualAction } from '../../registry/kind.js';
import { defineKind } from '../define-kind.js';
import type { AccessControl, KindEnvironment } from '../environment.js';

/** What may I do in a namespace? https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-rules-review-v1/ */
export function selfSubjectRulesReviewKind({ access }: KindEnvironment): Kind {
  return defineKind({ group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectRulesReview' }, { virtual: { create: (action) => Promise.resolve().then(() => ({ object: answer(access, action) })) } });
}

/** The answer says nothing of the question, as the real server's. */
function answer(access: AccessControl, { body, user }: VirtualAction): SelfSubjectRulesReview {
  const { kind, apiVersion, spec } = body as SelfSubjectRulesReview;
  const namespace = spec?.namespace;
  if (!namespace) throw badRequest('no namespace on request');
  const { rules, problem } = access.rulesFor(user, namespace);
  const status: SubjectRulesReviewStatus = {
    resourceRules: rules.filter(({ resources }) => resources?.length).map(resourceRule),
    nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs?.length).map(({ verbs, nonResourceURLs }) => ({ verbs: [...verbs], nonResourceURLs: [...(nonResourceURLs ?? [])] })),
    incomplete: false,
    ...(problem ? { evaluationError: problem } : {}),
  };
  return { kind, apiVersion, metadata: {} as SelfSubjectRulesReview['metadata'], spec: {}, status };
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: PolicyRule): ResourceRule {
  return {
    verbs: [...verbs],
    ...(apiGroups?.length ? { apiGroups: [...apiGroups] } : {}),
    ...(resources?.length ? { resources: [...resources] } : {}),
    ...(resourceNames?.length ? { resourceNames: [...resourceNames] } : {}),
  };
}
