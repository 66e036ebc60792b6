import type { ClusterRole, PolicyRule } from '../../api/types/rbac-v1.js';
import { planAggregation } from './plan.js';

const rule = (resource: string): PolicyRule => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });

function role(name: string, labels: Record<string, string>, rules: PolicyRule[] | undefined, selectors?: Array<Record<string, string>>): ClusterRole {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels },
    ...(rules ? { rules } : {}),
    ...(selectors ? { aggregationRule: { clusterRoleSelectors: selectors.map((matchLabels) => ({ matchLabels })) } } : {}),
  };
}

const pods = role('z-pods', { to: 'all' }, [rule('pods')]);
const nodes = role('a-nodes', { to: 'all', also: 'nodes' }, [rule('nodes'), rule('pods')]);
const others = role('others', { to: 'nobody' }, [rule('secrets')]);

describe('planAggregation', () => {
  test.each<[string, ClusterRole, readonly ClusterRole[], PolicyRule[] | undefined]>([
    ['a role without an aggregationRule is left alone', role('plain', {}, []), [pods], undefined],
    ['rules come by name of their roles, each once', role('all', {}, undefined, [{ to: 'all' }]), [pods, nodes, others], [rule('nodes'), rule('pods')]],
    ['a role does not gather from itself', role('all', { to: 'all' }, [rule('events')], [{ to: 'all' }]), [role('all', { to: 'all' }, [rule('events')]), pods], [rule('pods')]],
    ['several selectors add up, in their order', role('all', {}, undefined, [{ to: 'nobody' }, { also: 'nodes' }]), [nodes, others], [rule('secrets'), rule('nodes'), rule('pods')]],
    ['what is right already is not written again', role('all', {}, [rule('pods')], [{ to: 'all' }]), [pods], undefined],
    ['rules go when nothing is selected any more', role('all', {}, [rule('pods')], [{ to: 'none' }]), [pods], []],
    ['an empty role that gathers nothing is not written', role('all', {}, undefined, [{ to: 'none' }]), [pods], undefined],
  ])('%s', (_, subject, roles, expected) => {
    expect(planAggregation(subject, roles)).toEqual(expected);
  });
});
