import { type SchedulerPlugin, unschedulable } from '../framework.js';
import { hostPortsOf } from '../node-info.js';

const FAILURE = unschedulable("node(s) didn't have free ports for the requested pod ports");

/** Host ports are free or not. */
export const nodePorts: SchedulerPlugin = {
  name: 'NodePorts',
  helpedBy: ['pod-gone'],
  helps: (pod, { pod: other }) => {
    const freed = new Set(other ? hostPortsOf(other) : []);
    return !other || hostPortsOf(pod).some((port) => inUse(freed, port));
  },
  filter: (pod) => {
    const wanted = hostPortsOf(pod);
    return wanted.length === 0 ? undefined : (info) => (wanted.some((port) => inUse(info.hostPorts, port)) ? FAILURE : undefined);
  },
};

type Ports = Pick<ReadonlySet<string>, 'has' | 'keys'>;

/** A port on all addresses clashes with the same port on any of them. */
function inUse(hostPorts: Ports, wanted: string): boolean {
  const [ip, ...rest] = wanted.split('/');
  const suffix = `/${rest.join('/')}`;
  if (hostPorts.has(wanted) || hostPorts.has(`0.0.0.0${suffix}`)) return true;
  return ip === '0.0.0.0' && [...hostPorts.keys()].some((port) => port.endsWith(suffix));
}
