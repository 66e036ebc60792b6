import type { Controller } from '../../client/controller.js';
import { REPLICA_SETS } from '../shared/resources.js';
import { ReplicaController } from './replica-controller.js';

export function replicaSetController(): Controller {
  return new ReplicaController({
    name: 'replicaset-controller',
    eventSource: 'replicaset-controller',
    kind: 'ReplicaSet',
    resource: REPLICA_SETS,
    selectorOf: ({ spec }) => spec.selector,
    countsTerminating: true,
  });
}
