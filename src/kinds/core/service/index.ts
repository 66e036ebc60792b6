import { nameIsDnsLabel } from '../../../api/names.js';
import type { Service } from '../../../api/types/core-v1.js';
import type { Kind, Strategy } from '../../../registry/kind.js';
import { age, labelsCell } from '../../common/printing.js';
import { defineKind } from '../../define-kind.js';
import type { KindEnvironment } from '../../environment.js';
import { ServiceAllocator } from './allocate.js';
import { defaults } from './defaults.js';
import { setFamilies } from './families.js';
import { ipAddressesOf } from './ip-addresses.js';
import { dropTypeFields, keepAllocated, linkClusterIps } from './prepare.js';
import { proxySubresource } from './proxy.js';
import { validate, validateStatus, validateUpdate } from './validate.js';
import { statusWarnings, warnings } from './warnings.js';

/** Services: https://kubernetes.io/docs/concepts/services-networking/service/ */
export function serviceKind(environment: KindEnvironment): Kind<Service> {
  const allocator = new ServiceAllocator(environment.serviceClusterIpRange, environment.serviceNodePortRange);
  const { family } = allocator.addresses.own;
  const strategy: Strategy<Service> = {
    nameErrors: nameIsDnsLabel,
    generation: 'none',
    allowCreateOnUpdate: true,
    returnsDeleted: true,
    defaults,
    prepareForCreate(service) {
      service.status = { loadBalancer: {} };
      linkClusterIps(service, undefined);
      setFamilies(service, undefined, family);
    },
    prepareForUpdate(service, old) {
      keepAllocated(service, old);
      linkClusterIps(service, old);
      setFamilies(service, old, family);
      dropTypeFields(service, old);
    },
    validate: (service) => validate(service),
    validateUpdate,
    warnings,
    allocate: (service, old, context) => allocator.allocate(service, old, context),
    attendants: ipAddressesOf,
    afterDelete: (service) => allocator.release(service),
    resetFields: [['status']],
  };
  const status: Strategy<Service> = {
    defaults,
    generation: 'none',
    keepsStatus: false,
    prepareForUpdate(service, old) {
      service.spec = old.spec;
    },
    validateUpdate: validateStatus,
    warnings: statusWarnings,
    resetFields: [['spec']],
  };
  return defineKind<Service>(
    { group: '', version: 'v1', kind: 'Service' },
    {
      strategy,
      subresources: { status: { type: 'object', strategy: status as Strategy }, proxy: proxySubresource(environment) },
      selectableFields: { 'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '', 'spec.type': ({ spec }) => spec.type ?? '' },
      cells: (service, nowMs) => {
        const { spec, metadata } = service;
        return [metadata.name, spec.type ?? '', spec.clusterIPs?.[0] ?? '<none>', externalIpCell(service), portsCell(service), age(metadata.creationTimestamp, nowMs), labelsCell(spec.selector)];
      },
    },
  );
}

function externalIpCell({ spec, status }: Service): string {
  const external = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || '<none>';
    case 'LoadBalancer': {
      const own = new Set((status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []));
      return [...[...own].sort(), ...external].join(',') || '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

function portsCell({ spec }: Service): string {
  return (spec.ports ?? []).map(({ port, nodePort, protocol }) => (nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`)).join(',') || '<none>';
}
