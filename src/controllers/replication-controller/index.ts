import type { Controller } from '../../client/controller.js';
import { ReplicaController } from '../replicaset/replica-controller.js';
import { REPLICATION_CONTROLLERS } from '../shared/resources.js';

/** The ancestor of ReplicaSets: the same control loop over a selector that is a plain map. */
export function replicationController(): Controller {
  return new ReplicaController({
    name: 'replicationcontroller-controller',
    eventSource: 'replication-controller',
    kind: 'ReplicationController',
    resource: REPLICATION_CONTROLLERS,
    selectorOf: ({ spec }) => ({ matchLabels: spec.selector as Record<string, string> }),
    countsTerminating: false,
  });
}
