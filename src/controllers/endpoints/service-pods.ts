import { type LabelMatcher, labelMatcherFromSet } from '../../api/label-selector.js';
import type { Pod, Service } from '../../api/types/core-v1.js';
import type { ControllerContext } from '../../client/controller.js';
import { type Informer, keyOf } from '../../client/informer.js';
import { endpointChange } from './pod-endpoint.js';

/** Changes of pods wait this long for company, and a millisecond more for each pod of the Service, up to a second. */
const BATCH_MS = 50;
const BATCH_MAX_MS = 1000;

/**
 * Tells which Services a change of a pod concerns, and which pods a Service has. Changes come in batches: a Service with
 * a thousand pods that become ready one after the other is not written a thousand times.
 */
export class ServicePods {
  readonly services: Informer<Service>;
  private readonly pods: Informer<Pod>;
  private readonly matchers = new WeakMap<Service, LabelMatcher>();
  private readonly sizes = new Map<string, number>();

  constructor(private readonly context: ControllerContext) {
    this.services = context.informers.for<Service>({ group: '', version: 'v1', resource: 'services' });
    this.pods = context.informers.for<Pod>({ group: '', version: 'v1', resource: 'pods' });
    this.services.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
    this.pods.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
    const enqueue = (service: Service): void => context.enqueue(keyOf(service));
    this.services.addHandler({ onAdd: enqueue, onUpdate: enqueue, onDelete: enqueue });
    this.pods.addHandler({
      onAdd: (pod) => this.servicesOf(pod).forEach((service) => this.later(service)),
      onUpdate: (pod, old) => this.onUpdate(pod, old),
      onDelete: (pod) => this.servicesOf(pod).forEach((service) => this.later(service)),
    });
  }

  /** The pods that a Service selects. */
  podsOf(service: Service): Pod[] {
    const matcher = this.matcher(service);
    const found = this.pods.byIndex('namespace', service.metadata.namespace ?? '').filter((pod) => matcher.matches(pod.metadata.labels));
    this.sizes.set(keyOf(service), found.length);
    return found;
  }

  forget(key: string): void {
    this.sizes.delete(key);
  }

  private onUpdate(pod: Pod, old: Pod): void {
    const change = endpointChange(old, pod);
    if (!change.pod && !change.membership) return;
    const now = this.servicesOf(pod);
    if (!change.membership) return now.forEach((service) => this.later(service));
    const before = this.servicesOf(old);
    // Those that it belongs to as before need to know only if the pod itself is different.
    const concerned = change.pod ? [...now, ...before] : [...now.filter((s) => !before.includes(s)), ...before.filter((s) => !now.includes(s))];
    concerned.forEach((service) => this.later(service));
  }

  private servicesOf(pod: Pod): Service[] {
    return this.services.byIndex('namespace', pod.metadata.namespace ?? '').filter((service) => hasSelector(service) && this.matcher(service).matches(pod.metadata.labels));
  }

  private matcher(service: Service): LabelMatcher {
    let matcher = this.matchers.get(service);
    if (!matcher) this.matchers.set(service, (matcher = labelMatcherFromSet(service.spec?.selector)));
    return matcher;
  }

  private later(service: Service): void {
    const key = keyOf(service);
    this.context.enqueueAfter(key, Math.min(BATCH_MS + (this.sizes.get(key) ?? 0), BATCH_MAX_MS));
  }
}

/** A Service without a selector gets its endpoints from others, one of type ExternalName has none. */
export function hasSelector({ spec }: Service): boolean {
  return spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;
}
