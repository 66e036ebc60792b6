import type { Endpoints, Service } from '../../api/types/core-v1.js';
import type { EndpointSlice } from '../../api/types/discovery-v1.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { type Informer, keyOf, splitKey } from '../../client/informer.js';
import { indexSlices, ownerKey } from '../endpoint-slice/index.js';
import { MANAGED_BY } from '../endpoint-slice/plan.js';
import { SliceTracker } from '../endpoint-slice/slice-tracker.js';
import { SLICES, writeSlices } from '../endpoint-slice/slice-writer.js';
import { CONTROLLER_NAME, MANAGER, MAX_PER_SUBSET, planMirror } from './plan.js';

const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ELECTION = 'control-plane.alpha.kubernetes.io/leader';
const STALE_MS = 10;

/** Mirrors Endpoints that people wrote, for Services without a selector, into EndpointSlices (KEP-752). */
export function endpointSliceMirroringController(): Controller {
  return new EndpointSliceMirroring();
}

class EndpointSliceMirroring implements Controller {
  readonly name = CONTROLLER_NAME;
  readonly eventSource = 'endpoint-slice-mirroring-controller';
  private context!: ControllerContext;
  private services!: Informer<Service>;
  private endpoints!: Informer<Endpoints>;
  private slices!: Informer<EndpointSlice>;
  private tracker!: SliceTracker;

  setUp(context: ControllerContext): void {
    this.context = context;
    this.services = context.informers.for<Service>({ group: '', version: 'v1', resource: 'services' });
    this.endpoints = context.informers.for<Endpoints>({ group: '', version: 'v1', resource: 'endpoints' });
    this.slices = context.informers.for<EndpointSlice>(SLICES);
    this.tracker = new SliceTracker(this.slices);
    indexSlices(this.slices);
    this.services.addHandler({
      onAdd: (service) => (selects(service) ? undefined : context.enqueue(keyOf(service))),
      onUpdate: (service, old) => (selects(service) === selects(old) ? undefined : context.enqueue(keyOf(service))),
      onDelete: (service) => (selects(service) ? undefined : context.enqueue(keyOf(service))),
    });
    const onEndpoints = (endpoints: Endpoints): void => (isMirrored(endpoints) ? context.enqueue(keyOf(endpoints)) : undefined);
    this.endpoints.addHandler({
      onAdd: onEndpoints,
      onUpdate: (endpoints, old) => (isMirrored(endpoints) || isMirrored(old) ? context.enqueue(keyOf(endpoints)) : undefined),
      onDelete: onEndpoints,
    });
    const onSlice = (slice: EndpointSlice, gone: boolean): void => {
      if (!this.tracker.observe(ownerKey(slice), slice, gone) && slice.metadata.labels?.[MANAGED_BY] === MANAGER) context.enqueue(ownerKey(slice));
    };
    this.slices.addHandler({
      onAdd: (slice) => onSlice(slice, false),
      onUpdate: (slice, old) => {
        if (old.metadata.labels?.[MANAGED_BY] === MANAGER && (ownerKey(old) !== ownerKey(slice) || slice.metadata.labels?.[MANAGED_BY] !== MANAGER)) context.enqueue(ownerKey(old));
        onSlice(slice, false);
      },
      onDelete: (slice) => onSlice(slice, true),
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    const { name, namespace } = splitKey(key);
    if (this.tracker.isStale(key)) return { requeueAfterMs: STALE_MS };
    const { client, events } = this.context;
    const existing = this.slices.byIndex('manager', `${MANAGER} ${key}`).filter(({ metadata }) => !metadata.deletionTimestamp);
    const endpoints = this.endpoints.get(name, namespace);
    const service = this.services.get(name, namespace);
    if (!endpoints || !isMirrored(endpoints) || !service || selects(service)) {
      await writeSlices(client, key, { create: [], update: [], delete: existing }, this.tracker);
      return;
    }
    const plan = planMirror(endpoints, existing);
    if (plan.invalid > 0) events.record(endpoints, 'Warning', 'InvalidIPAddress', `Skipped ${plan.invalid} invalid IP addresses when mirroring to EndpointSlices`);
    if (plan.skipped > plan.invalid) {
      events.record(endpoints, 'Warning', 'TooManyAddressesToMirror', `A max of ${MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. ${plan.skipped} addresses were skipped`);
    }
    await writeSlices(client, key, plan, this.tracker);
  }
}

function isMirrored({ metadata }: Endpoints): boolean {
  return metadata.labels?.[SKIP_MIRROR] !== 'true' && metadata.annotations?.[LEADER_ELECTION] === undefined;
}

function selects({ spec }: Service): boolean {
  return Object.keys(spec?.selector ?? {}).length > 0;
}
