import { ApiError } from '../../api/errors.js';
import { labelMatcherOf } from '../../api/label-selector.js';
import type { ControllerRevision, StatefulSet } from '../../api/types/apps-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { ControllerContext } from '../../client/controller.js';
import type { Lister } from '../../client/informer.js';
import { claim } from '../shared/claim.js';
import { CONTROLLER_INDEX, controllerRefTo, orphansOf } from '../shared/controller-ref.js';
import { byRevision, STATEFUL_REVISION_HASH_LABEL, revisionData, revisionHash, sameData } from '../shared/history.js';
import { CONTROLLER_REVISIONS, STATEFUL_SETS } from '../shared/resources.js';
import { revisionOf } from './identity.js';
import type { Revisions } from './plan.js';

const PREFIX_MAX = 223;

/** The revisions that a set owns, oldest first, orphans adopted. */
export async function ownRevisions({ client }: ControllerContext, set: StatefulSet, revisions: Lister<ControllerRevision>): Promise<ControllerRevision[]> {
  const { name, namespace, uid } = set.metadata;
  const matcher = labelMatcherOf(set.spec.selector);
  const owned = await claim({
    owner: set,
    objects: [...revisions.byIndex(CONTROLLER_INDEX, uid as string), ...revisions.byIndex(CONTROLLER_INDEX, orphansOf(namespace))],
    matches: ({ metadata }) => matcher.matches(metadata.labels),
    resource: client.resource<ControllerRevision>(CONTROLLER_REVISIONS),
    freshOwner: () => client.resource(STATEFUL_SETS).get(name, namespace),
  });
  return owned.toSorted(byRevision);
}

/** The revision of the present template, made or moved to the top where it must be, and the one that pods have so far. */
export async function syncRevisions(context: ControllerContext, set: StatefulSet, owned: readonly ControllerRevision[]): Promise<Revisions> {
  const resource = context.client.resource<ControllerRevision>(CONTROLLER_REVISIONS);
  const data = revisionData(set.spec.template);
  const latest = owned.at(-1);
  const next = latest ? Number(latest.revision) + 1 : 1;
  const equal = owned.findLast((revision) => sameData(revision, data));
  let update: ControllerRevision;
  let collisionCount = set.status?.collisionCount ?? 0;
  if (equal && latest && sameData(latest, equal.data)) update = latest;
  else if (equal) update = await resource.update({ ...equal, revision: next });
  else ({ revision: update, collisionCount } = await create(context, set, next, collisionCount));
  const current = owned.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  return { current, update, collisionCount };
}

async function create({ client }: ControllerContext, set: StatefulSet, revision: number, firstCount: number): Promise<{ revision: ControllerRevision; collisionCount: number }> {
  const { name, namespace, annotations } = set.metadata;
  const resource = client.resource<ControllerRevision>(CONTROLLER_REVISIONS);
  const data = revisionData(set.spec.template);
  const label = revisionHash(data, firstCount);
  for (let collisionCount = firstCount; ; collisionCount++) {
    const draft = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${name.slice(0, PREFIX_MAX)}-${revisionHash(data, collisionCount)}`,
        namespace,
        labels: { ...set.spec.template.metadata?.labels, [STATEFUL_REVISION_HASH_LABEL]: label },
        ...(annotations ? { annotations } : {}),
        ownerReferences: [controllerRefTo(set)],
      },
      data: data as unknown as ControllerRevision['data'],
      revision,
    };
    try {
      return { revision: await resource.create(draft), collisionCount };
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
      const existing = await resource.get(draft.metadata.name, namespace);
      if (sameData(existing, data)) return { revision: existing, collisionCount };
    }
  }
}

/** Deletes the oldest revisions beyond the limit that nothing is of. */
export async function truncateHistory({ client }: ControllerContext, set: StatefulSet, owned: readonly ControllerRevision[], pods: readonly Pod[], { current, update }: Revisions): Promise<void> {
  const live = new Set([current.metadata.name, update.metadata.name, ...pods.map(revisionOf)]);
  const history = owned.filter(({ metadata }) => !live.has(metadata.name));
  const surplus = history.length - (set.spec.revisionHistoryLimit ?? 10);
  for (const { metadata } of history.slice(0, Math.max(0, surplus))) {
    await client.resource(CONTROLLER_REVISIONS).delete({ name: metadata.name, namespace: metadata.namespace });
  }
}
