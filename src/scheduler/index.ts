import type { SchedulerPlugin } from './framework.js';
import { dynamicResources } from './plugins/dynamic-resources.js';
import { imageLocality } from './plugins/image-locality.js';
import { interPodAffinity } from './plugins/inter-pod-affinity.js';
import { nodeAffinity } from './plugins/node-affinity.js';
import { nodeName } from './plugins/node-name.js';
import { nodePorts } from './plugins/node-ports.js';
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.js';
import { nodeResourcesFit } from './plugins/node-resources-fit.js';
import { nodeUnschedulable } from './plugins/node-unschedulable.js';
import { nodeVolumeLimits } from './plugins/node-volume-limits.js';
import { podTopologySpread } from './plugins/pod-topology-spread.js';
import { taintToleration } from './plugins/taint-toleration.js';
import { volumeBinding } from './plugins/volume-binding.js';
import { volumeRestrictions } from './plugins/volume-restrictions.js';
import { volumeZone } from './plugins/volume-zone.js';
import type { PluginArgs } from './plugin-args.js';
import type { PluginEnvironment } from './scheduler.js';

export { type PluginEnvironment, Scheduler, type SchedulerOptions, type SchedulerProfile } from './scheduler.js';

/** Of all plugins. */
export const PLUGIN_NAMES: readonly string[] = [
  'NodeUnschedulable', 'NodeName', 'TaintToleration', 'NodeAffinity', 'NodePorts', 'NodeResourcesFit', 'VolumeRestrictions', 'NodeVolumeLimits', 'VolumeBinding', 'VolumeZone',
  'PodTopologySpread', 'InterPodAffinity', 'DynamicResources', 'NodeResourcesBalancedAllocation', 'ImageLocality',
];

/** The plugins of the default profile, in kube-scheduler's order: the first that fails tells why a node was left out. */
export function defaultPlugins(environment: PluginEnvironment, args: PluginArgs = {}): SchedulerPlugin[] {
  const { listers, assumptions, storageClasses } = environment;
  return [
    nodeUnschedulable,
    nodeName,
    taintToleration,
    nodeAffinity(args.addedAffinity),
    nodePorts,
    nodeResourcesFit(environment.devices.classes, args.nodeResourcesFit),
    volumeRestrictions(assumptions),
    nodeVolumeLimits(environment),
    volumeBinding(environment, args.volumeBinding),
    volumeZone(assumptions, storageClasses),
    podTopologySpread(listers, args.defaultConstraints),
    interPodAffinity(listers, args.interPodAffinity),
    dynamicResources(environment),
    nodeResourcesBalancedAllocation(args.balancedAllocation),
    imageLocality,
  ];
}
