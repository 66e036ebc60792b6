import type { ClusterRole } from '../../api/types/rbac-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { splitKey } from '../../client/informer.js';
import { planAggregation } from './plan.js';

const NAME = 'clusterrole-aggregation-controller';
const ROLES = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' };

/**
 * Fills ClusterRoles that are made of others
 * (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles).
 */
export function clusterRoleAggregationController(): Controller {
  let context: ControllerContext;
  const roles = (): readonly ClusterRole[] => context.informers.for<ClusterRole>(ROLES).list();
  return {
    name: NAME,
    setUp(given) {
      context = given;
      const enqueueAggregated = (): void => {
        for (const { metadata, aggregationRule } of roles()) if (aggregationRule) context.enqueue(`/${metadata.name}`);
      };
      context.informers.for<ClusterRole>(ROLES).addHandler({ onAdd: enqueueAggregated, onUpdate: enqueueAggregated, onDelete: enqueueAggregated });
    },
    async reconcile(key) {
      const { name } = splitKey(key);
      const role = context.informers.for<ClusterRole>(ROLES).get(name);
      const rules = role && planAggregation(role, roles());
      if (!rules) return;
      const body = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
      await context.client.resource<ClusterRole>(ROLES).patch({ name }, { type: 'apply', body, force: true }, { fieldManager: NAME });
    },
  };
}
