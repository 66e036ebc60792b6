import { type SchedulerPlugin, unresolvable } from '../framework.js';

const FAILURE = unresolvable("node(s) didn't match the requested node name");

/** A pod that names its node runs there or nowhere. */
export const nodeName: SchedulerPlugin = {
  name: 'NodeName',
  helpedBy: [],
  filter: (pod) => (pod.spec.nodeName ? (info) => (info.name === pod.spec.nodeName ? undefined : FAILURE) : undefined),
};
