import type { PodSpec } from '../../api/types/core-v1.js';
import { allContainers } from './containers.js';

/**
 * Drops fields whose feature gates are off in v1.36, unless the old object has them (pkg/api/pod DropDisabledPodFields):
 * clusterTrustBundle and podCertificate projections, schedulingGroup, lifecycle.stopSignal. `spec` changes in place.
 */
export function dropDisabledFields(spec: PodSpec, old?: PodSpec): void {
  for (const source of ['clusterTrustBundle', 'podCertificate'] as const) {
    if (projections(old).some((projection) => projection[source])) continue;
    for (const projection of projections(spec)) delete projection[source];
  }
  if (!old?.schedulingGroup) delete spec.schedulingGroup;
  if (!old || !allContainers(old).some((container) => container.lifecycle?.stopSignal !== undefined)) {
    for (const container of allContainers(spec)) {
      if (container.lifecycle?.stopSignal === undefined) continue;
      delete container.lifecycle.stopSignal;
      if (!container.lifecycle.postStart && !container.lifecycle.preStop) delete container.lifecycle;
    }
  }
}

const projections = (spec: PodSpec | undefined) => (spec?.volumes ?? []).flatMap((volume) => volume.projected?.sources ?? []);
