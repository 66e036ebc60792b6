import type { ConfigMap, Secret, Volume } from '../../api/types/core-v1.js';
import type { Clock, Timer } from '../../base/clock.js';
import type { Informers } from '../../client/informers.js';

/** A pod's files follow a change after this time: changes that come together are taken together. */
const DELAY_MS = 1000;

/** What a pod's volumes are made of and until when their tokens are good. */
export interface VolumeSubscription {
  /** Keys of `volumeReferences`. */
  readonly references: readonly string[];
  /** When the first token is to be replaced, in milliseconds since the epoch. */
  readonly tokenAt: number | undefined;
  /** Gathers the files of the pod's volumes anew. */
  refresh(): void;
}

/** The ConfigMaps and Secrets a volume takes files of, as `configmaps/NAMESPACE/NAME`. */
export function volumeReferences(namespace: string, { configMap, secret, projected }: Volume): string[] {
  const of = (kind: string, name: string | undefined): string[] => (name ? [`${kind}/${namespace}/${name}`] : []);
  return [
    ...of('configmaps', configMap?.name),
    ...of('secrets', secret?.secretName),
    ...(projected?.sources ?? []).flatMap((source) => [...of('configmaps', source.configMap?.name), ...of('secrets', source.secret?.name)]),
  ];
}

/**
 * Tells a node's pods when what their volumes are made of has changed or their tokens grow old. One timer for all of
 * the node's tokens, none while nothing is due.
 */
export class VolumeRefresher {
  private readonly pods = new Map<string, VolumeSubscription>();
  private readonly byReference = new Map<string, Set<string>>();
  private readonly due = new Set<string>();
  private dueTimer: Timer | undefined;
  private tokenTimer: Timer | undefined;
  private tokenTimerAt = Number.POSITIVE_INFINITY;

  constructor(
    informers: Informers,
    private readonly clock: Clock,
  ) {
    for (const kind of ['configmaps', 'secrets']) {
      const changed = ({ metadata }: ConfigMap | Secret): void => this.changed(`${kind}/${metadata.namespace}/${metadata.name}`);
      informers.for<ConfigMap | Secret>({ group: '', version: 'v1', resource: kind }).addHandler({ onUpdate: changed, onDelete: changed, onAdd: changed });
    }
  }

  subscribe(podUid: string, subscription: VolumeSubscription): void {
    this.unsubscribe(podUid);
    this.pods.set(podUid, subscription);
    for (const reference of subscription.references) {
      const users = this.byReference.get(reference) ?? new Set();
      this.byReference.set(reference, users.add(podUid));
    }
    if (subscription.tokenAt !== undefined) this.armTokens(subscription.tokenAt);
  }

  unsubscribe(podUid: string): void {
    for (const reference of this.pods.get(podUid)?.references ?? []) {
      const users = this.byReference.get(reference);
      users?.delete(podUid);
      if (users?.size === 0) this.byReference.delete(reference);
    }
    this.pods.delete(podUid);
  }

  /** Forgets all pods: the node is switched off. */
  clear(): void {
    this.dueTimer?.cancel();
    this.dueTimer = undefined;
    this.tokenTimer?.cancel();
    this.tokenTimerAt = Number.POSITIVE_INFINITY;
    this.due.clear();
    this.pods.clear();
    this.byReference.clear();
  }

  private changed(reference: string): void {
    for (const uid of this.byReference.get(reference) ?? []) this.due.add(uid);
    if (this.due.size === 0 || this.dueTimer) return;
    this.dueTimer = this.clock.after(DELAY_MS, () => {
      this.dueTimer = undefined;
      const uids = [...this.due];
      this.due.clear();
      for (const uid of uids) this.pods.get(uid)?.refresh();
    });
  }

  private armTokens(at: number): void {
    if (at >= this.tokenTimerAt) return;
    this.tokenTimer?.cancel();
    this.tokenTimerAt = at;
    this.tokenTimer = this.clock.after(at - this.clock.now(), () => {
      this.tokenTimerAt = Number.POSITIVE_INFINITY;
      const now = this.clock.now();
      for (const pod of this.pods.values()) if (pod.tokenAt !== undefined && pod.tokenAt <= now) pod.refresh();
      for (const { tokenAt } of this.pods.values()) if (tokenAt !== undefined && tokenAt > now) this.armTokens(tokenAt);
    });
  }
}
