import type { Binding, Pod } from '../../../api/types/core-v1.js';
import type { Kind } from '../../../registry/kind.js';
import type { ObjectSubresource, Subresource } from '../../../registry/subresource.js';
import { defineKind } from '../../define-kind.js';
import type { KindEnvironment } from '../../environment.js';
import { BINDING_WRITE, bindingSubresource, bindingWriteStrategy, createBinding } from './binding.js';
import { podCells } from './cells.js';
import { evictionSubresource } from './eviction.js';
import { attachSubresource, execSubresource, portForwardSubresource } from './exec.js';
import { logSubresource } from './log.js';
import { proxySubresource } from './proxy.js';
import { podEphemeralStrategy, podResizeStrategy, podStatusStrategy, podStrategy } from './strategy.js';

const objectRoute = (strategy: ObjectSubresource<Pod>['strategy']): Subresource => ({ type: 'object', strategy }) as ObjectSubresource<Pod> as Subresource;

/** Pods: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
export function podKind(environment: KindEnvironment): Kind<Pod> {
  return defineKind<Pod>(
    { group: '', version: 'v1', kind: 'Pod' },
    {
      strategy: podStrategy,
      cells: podCells,
      selectableFields: {
        'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
        'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
        'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
        'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
        'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork === true),
        'status.phase': ({ status }) => status?.phase ?? '',
        'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? '',
        'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
        // Accepted by conversion, but no field set has it: it matches only the empty value.
        'status.podIPs': () => '',
        // The name of spec.nodeName before v1.
        'spec.host': ({ spec }) => spec.nodeName ?? '',
      },
      indexedField: 'spec.nodeName',
      subresources: {
        status: objectRoute(podStatusStrategy),
        ephemeralcontainers: objectRoute(podEphemeralStrategy),
        resize: objectRoute(podResizeStrategy),
        [BINDING_WRITE]: objectRoute(bindingWriteStrategy),
        binding: bindingSubresource,
        eviction: evictionSubresource,
        log: logSubresource(environment),
        exec: execSubresource(environment),
        attach: attachSubresource(environment),
        portforward: portForwardSubresource(environment),
        proxy: proxySubresource(environment),
      },
    },
  );
}

/** Binding objects are not kept: creating one binds a pod. */
export const bindingKind: Kind<Binding> = defineKind<Binding>({ group: '', version: 'v1', kind: 'Binding' }, { virtual: { create: createBinding } });
