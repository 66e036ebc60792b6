import { ApiError } from '../../api/errors.js';
import { labelMatcherOf } from '../../api/label-selector.js';
import type { ControllerRevision, DaemonSet } from '../../api/types/apps-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { ControllerContext } from '../../client/controller.js';
import type { Lister } from '../../client/informer.js';
import { claim } from '../shared/claim.js';
import { CONTROLLER_INDEX, controllerRefTo, orphansOf } from '../shared/controller-ref.js';
import { podTemplateHash } from '../shared/hash.js';
import { byRevision, REVISION_HASH_LABEL, revisionData, sameData } from '../shared/history.js';
import { CONTROLLER_REVISIONS, DAEMON_SETS, PODS } from '../shared/resources.js';

/** The revisions of one DaemonSet. */
export interface DaemonHistory {
  readonly current: ControllerRevision;
  readonly old: readonly ControllerRevision[];
}

/** Brings the history of a DaemonSet in order: the present template has the highest revision, and one revision only. */
export async function syncHistory(context: ControllerContext, daemonSet: DaemonSet, revisions: Lister<ControllerRevision>, pods: readonly Pod[]): Promise<DaemonHistory> {
  const { name, namespace, uid } = daemonSet.metadata;
  const resource = context.client.resource<ControllerRevision>(CONTROLLER_REVISIONS);
  const matcher = labelMatcherOf(daemonSet.spec.selector);
  const owned = await claim({
    owner: daemonSet,
    objects: [...revisions.byIndex(CONTROLLER_INDEX, uid as string), ...revisions.byIndex(CONTROLLER_INDEX, orphansOf(namespace))],
    matches: ({ metadata }) => matcher.matches(metadata.labels),
    resource,
    freshOwner: () => context.client.resource(DAEMON_SETS).get(name, namespace),
  });
  const data = revisionData(daemonSet.spec.template);
  const matching = owned.filter((revision) => sameData(revision, data)).toSorted(byRevision);
  const old = owned.filter((revision) => !matching.includes(revision));
  const next = old.reduce((max, { revision }) => Math.max(max, Number(revision)), 0) + 1;
  const latest = matching.at(-1);
  if (!latest) return { current: await snapshot(context, daemonSet, next), old };
  for (const duplicate of matching.slice(0, -1)) await replace(context, duplicate, latest, pods);
  if (Number(latest.revision) >= next) return { current: latest, old };
  return { current: await resource.update({ ...latest, revision: next }), old };
}

async function snapshot({ client }: ControllerContext, daemonSet: DaemonSet, revision: number): Promise<ControllerRevision> {
  const { name, namespace, annotations } = daemonSet.metadata;
  const { template } = daemonSet.spec;
  const hash = podTemplateHash(template, daemonSet.status?.collisionCount);
  const resource = client.resource<ControllerRevision>(CONTROLLER_REVISIONS);
  const data = revisionData(template);
  const draft = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, [REVISION_HASH_LABEL]: hash },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [controllerRefTo(daemonSet)],
    },
    data: data as unknown as ControllerRevision['data'],
    revision,
  };
  try {
    return await resource.create(draft);
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
    const existing = await resource.get(draft.metadata.name, namespace);
    if (sameData(existing, data)) return existing;
    const collisionCount = (daemonSet.status?.collisionCount ?? 0) + 1;
    const status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0, ...daemonSet.status, collisionCount };
    await client.resource<DaemonSet>(DAEMON_SETS).updateSubresource({ ...daemonSet, status }, 'status');
    throw error;
  }
}

/** Pods of a duplicate become pods of the one that stays. */
async function replace({ client }: ControllerContext, duplicate: ControllerRevision, kept: ControllerRevision, pods: readonly Pod[]): Promise<void> {
  const hash = kept.metadata.labels?.[REVISION_HASH_LABEL];
  for (const { metadata } of pods) {
    if (metadata.labels?.[REVISION_HASH_LABEL] === hash) continue;
    await client.resource(PODS).patch({ name: metadata.name, namespace: metadata.namespace }, { type: 'merge', body: { metadata: { labels: { [REVISION_HASH_LABEL]: hash } } } });
  }
  await client.resource(CONTROLLER_REVISIONS).delete({ name: duplicate.metadata.name, namespace: duplicate.metadata.namespace });
}

/** Deletes the oldest revisions beyond the limit that no pod is of. */
export async function truncateHistory({ client }: ControllerContext, daemonSet: DaemonSet, old: readonly ControllerRevision[], pods: readonly Pod[]): Promise<void> {
  let surplus = old.length - (daemonSet.spec.revisionHistoryLimit ?? 10);
  if (surplus <= 0) return;
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[REVISION_HASH_LABEL]));
  for (const { metadata } of old.toSorted(byRevision)) {
    if (surplus <= 0) return;
    if (live.has(metadata.labels?.[REVISION_HASH_LABEL])) continue;
    await client.resource(CONTROLLER_REVISIONS).delete({ name: metadata.name, namespace: metadata.namespace });
    surplus--;
  }
}
