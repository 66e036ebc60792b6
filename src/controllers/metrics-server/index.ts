import { ApiError } from '../../api/errors.js';
import { METRICS_GROUP, METRICS_VERSION } from '../../api/metrics.js';
import type { KubeObject } from '../../api/object.js';
import type { APIService } from '../../api/types/apiregistration-v1.js';
import type { ClusterRole } from '../../api/types/rbac-v1.js';
import type { GroupVersionResource } from '../../api/gvk.js';
import type { Controller, ControllerContext } from '../../client/controller.js';

const LABELS = { 'k8s-app': 'metrics-server' };

/** Says that metrics.k8s.io is served; by the API server itself here. */
const API_SERVICE: APIService = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: `${METRICS_VERSION}.${METRICS_GROUP}`, labels: LABELS },
  spec: { group: METRICS_GROUP, version: METRICS_VERSION, groupPriorityMinimum: 100, versionPriority: 100 },
};

/** Lets everybody read metrics who may view what they are of. */
const READER: ClusterRole = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: {
    name: 'system:aggregated-metrics-reader',
    labels: {
      ...LABELS,
      'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
      'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
      'rbac.authorization.k8s.io/aggregate-to-view': 'true',
    },
  },
  rules: [{ apiGroups: [METRICS_GROUP], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
};

const OBJECTS: ReadonlyArray<{ readonly target: GroupVersionResource; readonly object: KubeObject }> = [
  { target: { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' }, object: API_SERVICE },
  { target: { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' }, object: READER as KubeObject },
];

/** The objects that come with the addon `metrics-server`: made when it is on, and taken away again where it was on before. */
export function metricsServer(isOn: boolean): Controller {
  let context: ControllerContext;
  return {
    name: 'metrics-server',
    workers: 1,
    setUp(given) {
      context = given;
      context.enqueue('objects');
    },
    async reconcile() {
      for (const { target, object } of OBJECTS) {
        const resource = context.client.resource(target);
        const { name } = object.metadata;
        const present = await resource.get(name).catch(ignore('NotFound'));
        if (isOn && !present) await resource.create(object).catch(ignore('AlreadyExists'));
        else if (!isOn && present?.metadata.labels?.['k8s-app'] === LABELS['k8s-app']) await resource.delete({ name }).catch(ignore('NotFound'));
      }
    },
  };
}

/** Handles rejections with this reason, and none else. */
function ignore(reason: 'NotFound' | 'AlreadyExists') {
  return (error: unknown): undefined => {
    if (!(error instanceof ApiError) || error.reason !== reason) throw error;
    return undefined;
  };
}
