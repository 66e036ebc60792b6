import type { SchedulerPlugin } from './framework.js';
import { nodeAffinity } from './plugins/node-affinity.js';
import { nodeName } from './plugins/node-name.js';
import { nodePorts } from './plugins/node-ports.js';
import { nodeResourcesFit } from './plugins/node-resources-fit.js';
import { nodeUnschedulable } from './plugins/node-unschedulable.js';
import { taintToleration } from './plugins/taint-toleration.js';

export { Scheduler, type SchedulerOptions } from './scheduler.js';

/** The plugins of the default profile, in kube-scheduler's order: the first that fails tells why a node was left out. */
export const DEFAULT_PLUGINS: readonly SchedulerPlugin[] = [nodeUnschedulable, nodeName, taintToleration, nodeAffinity, nodePorts, nodeResourcesFit];
