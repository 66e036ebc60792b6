import type { ClusterNetwork } from './api/streams.js';
import type { GroupVersionResource } from './api/gvk.js';
import type { KubeObject } from './api/object.js';
import type { Service } from './api/types/core-v1.js';
import type { WebhookEnvironment } from './admission/index.js';
import type { KindCatalogue } from './registry/catalogue.js';
import type { Kind } from './registry/kind.js';
import { canonical, toTyped } from './schema/typed.js';
import type { Reader } from './watch/types.js';

/** The server as webhooks see it: kinds from the catalogue, Services by the cluster's own network. */
export function webhookEnvironment(catalogue: KindCatalogue, reader: Reader, network: ClusterNetwork): WebhookEnvironment {
  const resourceOf = ({ gvk, facts }: Kind): GroupVersionResource => ({ group: gvk.group, version: gvk.version, resource: facts.plural });
  const convert = (from: Kind, to: Kind) => (object: KubeObject): KubeObject => {
    if (from === to) return object;
    const stored = from.storage.toStorage?.(object) ?? object;
    return to.storage.fromStorage?.(stored) ?? stored;
  };
  return {
    equivalents({ group, version, resource }) {
      const asked = catalogue.resource(group, version, resource);
      if (!asked) return [];
      const others = [...catalogue.all()].filter((kind) => kind !== asked && !kind.virtual && !asked.virtual && kind.storage.prefix === asked.storage.prefix);
      return [asked, ...others].map((kind) => ({ resource: resourceOf(kind), kind: kind.gvk, fromRequest: convert(asked, kind), toRequest: convert(kind, asked) }));
    },
    decode(gvk, data) {
      const kind = catalogue.kind(gvk);
      const object = toTyped(kind?.definition, data).object as unknown as KubeObject;
      kind?.strategy.defaults?.(object);
      return object;
    },
    inOrder(gvk, object) {
      const definition = catalogue.kind(gvk)?.definition;
      return definition === undefined ? object : (canonical(definition, object as unknown as Record<string, unknown>) as unknown as KubeObject);
    },
    async connect({ namespace, name, port }, signal) {
      const service = reader.get(`core/services/${namespace}/${name}`)?.object as Service | undefined;
      if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
      if (service.spec.type !== 'ExternalName' && !(service.spec.ports ?? []).some((one) => one.port === port)) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
      const ip = service.spec.clusterIP ?? '';
      try {
        return await network.connect(ip, port, { signal });
      } catch (error) {
        throw Object.assign(new Error((error as Error).message, { cause: error }), { code: (error as { code?: string }).code, address: ip, port });
      }
    },
  };
}
