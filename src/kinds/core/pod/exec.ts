import { badRequest } from '../../../api/errors.js';
import type { ConnectRequest, ConnectSubresource, Connection } from '../../../registry/subresource.js';
import type { NodeAgent } from '../../../api/streams.js';
import type { Pod } from '../../../api/types/core-v1.js';
import type { KindEnvironment } from '../../environment.js';
import { booleanParameter } from './connect-query.js';
import { chooseContainer, hostOf, podOf } from './container-choice.js';
import { kubeletUnreachable, nodeConnection } from './node-connection.js';

type ExecConnection = Extract<Connection, { type: 'exec' }>;

/** pods/NAME/exec: runs a command in a container. */
export function execSubresource(environment: KindEnvironment): ConnectSubresource {
  return {
    type: 'connect',
    async connect(request) {
      const { pod, container, agent } = target(request, environment);
      const command = request.query.getAll('command');
      return session(request.query, (streams) => agent.exec(pod, { container, command }, streams));
    },
  };
}

/** pods/NAME/attach: joins the main process of a container. */
export function attachSubresource(environment: KindEnvironment): ConnectSubresource {
  return {
    type: 'connect',
    async connect(request) {
      const { pod, container, agent } = target(request, environment);
      return session(request.query, (streams) => agent.attach(pod, container, streams));
    },
  };
}

/** pods/NAME/portforward: joins streams to ports inside the pod. */
export function portForwardSubresource(environment: KindEnvironment): ConnectSubresource {
  return {
    type: 'connect',
    async connect(request) {
      const pod = podOf(request, request.name);
      const agent = agentOf(request, environment, pod);
      return { type: 'port-forward', forward: (port, stream) => agent.portForward(pod, port, stream) };
    },
  };
}

function target(request: ConnectRequest, environment: KindEnvironment): { pod: Pod; container: string; agent: NodeAgent } {
  const pod = podOf(request, request.name);
  const container = chooseContainer(pod, request.query.get('container') ?? '');
  return { pod, container, agent: agentOf(request, environment, pod) };
}

function agentOf(request: ConnectRequest, environment: KindEnvironment, pod: Pod): NodeAgent {
  const connection = nodeConnection(request, environment, hostOf(pod));
  if (!connection.agent) throw kubeletUnreachable(connection);
  return connection.agent;
}

function session(query: URLSearchParams, run: ExecConnection['run']): ExecConnection {
  const tty = booleanParameter(query, 'tty');
  const stdin = booleanParameter(query, 'stdin');
  const stdout = booleanParameter(query, 'stdout');
  // A terminal has one output.
  const stderr = booleanParameter(query, 'stderr') && !tty;
  if (!stdin && !stdout && !stderr) throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  return { type: 'exec', stdin, stdout, stderr, tty, run };
}
