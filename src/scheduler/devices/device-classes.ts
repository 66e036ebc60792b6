import type { DeviceClass } from '../../api/types/resource-v1.js';
import { timeMs } from '../../api/time.js';
import type { Informer } from '../../client/informer.js';

const BY_RESOURCE = 'extended-resource';
/** Every class can be asked for as an extended resource of this domain. */
const IMPLICIT = 'deviceclass.resource.kubernetes.io/';

/** Classes of devices, by name and by the extended resource that they stand for (KEP-5004). */
export class DeviceClasses {
  constructor(private readonly informer: Informer<DeviceClass>) {
    informer.addIndex(BY_RESOURCE, ({ metadata, spec }) => [`${IMPLICIT}${metadata.name}`, ...(spec.extendedResourceName === undefined ? [] : [spec.extendedResourceName])]);
  }

  readonly get = (name: string): DeviceClass | undefined => this.informer.get(name);

  /** The class whose devices meet requests for a resource: of several the newest. */
  ofResource(resource: string): DeviceClass | undefined {
    if (!resource.includes('/')) return undefined;
    const [newest] = this.informer.byIndex(BY_RESOURCE, resource).toSorted((a, b) => (timeMs(b.metadata.creationTimestamp) ?? 0) - (timeMs(a.metadata.creationTimestamp) ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1));
    return newest;
  }
}
