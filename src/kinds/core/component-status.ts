import type { ComponentStatus } from '../../api/types/core-v1.js';
import { defineKind } from '../define-kind.js';

/** The parts of a control plane that kube-apiserver asks for their health. Here they are one process, which answers. */
const COMPONENTS = ['scheduler', 'controller-manager', 'etcd-0'];

/** ComponentStatuses: computed when asked for; deprecated since v1.19. */
export const componentStatusKind = defineKind<ComponentStatus>(
  { group: '', version: 'v1', kind: 'ComponentStatus' },
  {
    deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
    virtual: {
      list: () =>
        Promise.resolve(
          COMPONENTS.map(
            (name): ComponentStatus => ({ kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] }),
          ),
        ),
    },
    cells({ metadata, conditions = [] }) {
      const healthy = conditions.find(({ type }) => type === 'Healthy');
      const state = !healthy ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
      return [metadata.name, state, healthy?.message ?? '', healthy?.error ?? ''];
    },
  },
);
