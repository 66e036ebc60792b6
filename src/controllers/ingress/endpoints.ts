import type { EndpointSlice } from '../../api/types/discovery-v1.js';
import type { Service } from '../../api/types/core-v1.js';
import type { Informer } from '../../client/informer.js';
import type { Informers } from '../../client/informers.js';
import type { Backend } from './routes.js';

export interface Target {
  readonly ip: string;
  readonly port: number;
}

const SERVICE_NAME = 'kubernetes.io/service-name';
const BY_SERVICE = 'service';

/** Finds the pods behind backends, each one in its turn. */
export class Endpoints {
  private readonly services: Informer<Service>;
  private readonly slices: Informer<EndpointSlice>;
  private turn = 0;

  constructor(informers: Informers) {
    this.services = informers.for<Service>({ group: '', version: 'v1', resource: 'services' });
    this.slices = informers.for<EndpointSlice>({ group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' });
    this.slices.addIndex(BY_SERVICE, ({ metadata: { namespace, labels } }) => (labels?.[SERVICE_NAME] === undefined ? [] : [`${namespace}/${labels[SERVICE_NAME]}`]));
  }

  /** All that are ready, the one whose turn it is first. */
  of({ namespace, service: wanted }: Backend): readonly Target[] {
    const service = wanted && this.services.get(wanted.name, namespace);
    const port = service?.spec?.ports?.find(({ name = '', port: number }) => (typeof wanted?.port === 'string' ? name === wanted.port : number === wanted?.port));
    if (!wanted || !port) return [];
    const targets = this.slices.byIndex(BY_SERVICE, `${namespace}/${wanted.name}`).flatMap(({ endpoints = [], ports = [] }) => {
      const number = ports?.find(({ name = '' }) => name === (port.name ?? ''))?.port;
      if (number === undefined) return [];
      return (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(({ addresses }) => (addresses[0] === undefined ? [] : [{ ip: addresses[0], port: number }]));
    });
    if (targets.length < 2) return targets;
    this.turn = (this.turn + 1) % targets.length;
    return [...targets.slice(this.turn), ...targets.slice(0, this.turn)];
  }
}
