import { LabelMatcher, type LabelRequirement, labelMatcherFromSet, labelMatcherOf } from '../api/label-selector.js';
import type { Pod } from '../api/types/core-v1.js';
import type { Listers } from './listers.js';

/** The pods that belong together with this one: by the Services that select it and the controller that made it. */
export function defaultSelector(pod: Pod, listers: Listers): LabelMatcher {
  const { namespace = '', labels, ownerReferences } = pod.metadata;
  const requirements = new Map<string, LabelRequirement>();
  const add = (matcher: LabelMatcher): void => {
    for (const requirement of matcher.requirements) requirements.set(JSON.stringify(requirement), requirement);
  };
  for (const { spec } of listers.services.byIndex('namespace', namespace)) {
    if (!spec?.selector || Object.keys(spec.selector).length === 0) continue;
    const matcher = labelMatcherFromSet(spec.selector);
    if (matcher.matches(labels)) add(matcher);
  }
  const owner = ownerReferences?.find(({ controller }) => controller);
  switch (owner ? `${owner.apiVersion} ${owner.kind}` : '') {
    case 'v1 ReplicationController':
      add(labelMatcherFromSet(listers.replicationControllers.get(owner?.name ?? '', namespace)?.spec?.selector));
      break;
    case 'apps/v1 ReplicaSet':
      add(labelMatcherOf(listers.replicaSets.get(owner?.name ?? '', namespace)?.spec?.selector));
      break;
    case 'apps/v1 StatefulSet':
      add(labelMatcherOf(listers.statefulSets.get(owner?.name ?? '', namespace)?.spec?.selector));
  }
  return LabelMatcher.of([...requirements.values()]);
}
