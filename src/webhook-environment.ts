import type { ClusterNetwork } from './api/streams.js';
import type { KubeObject } from './api/object.js';
import type { Service } from './api/types/core-v1.js';
import type { EquivalentResource, WebhookEnvironment } from './admission/index.js';
import { mergeConfiguration } from './apply/index.js';
import type { KindCatalogue } from './registry/catalogue.js';
import { finishObject, readable } from './registry/finish-object.js';
import type { Kind } from './registry/kind.js';
import { convertVersion } from './registry/other-versions.js';
import { schemaOf } from './registry/schema-of.js';
import { toTyped } from './schema/typed.js';
import type { Reader } from './watch/types.js';

/** The server as webhooks and policies see it: kinds from the catalogue, Services by the cluster's own network. */
export function webhookEnvironment(catalogue: KindCatalogue, reader: Reader, network: ClusterNetwork): WebhookEnvironment {
  const equivalents = new Map<string, readonly EquivalentResource[]>();
  let version = -1;
  return {
    equivalents(resource) {
      if (version !== catalogue.version) equivalents.clear();
      version = catalogue.version;
      const key = `${resource.group}/${resource.version}/${resource.resource}`;
      let found = equivalents.get(key);
      if (!found) equivalents.set(key, (found = equivalentsOf(catalogue, catalogue.resource(resource.group, resource.version, resource.resource))));
      return found;
    },
    decode(gvk, data, strict = false) {
      const kind = catalogue.kind(gvk);
      if (kind && strict) refuseUnknownFields(kind, data);
      return kind ? readable(kind, data as KubeObject) : (data as KubeObject);
    },
    inOrder(gvk, object) {
      const kind = catalogue.kind(gvk);
      return kind ? finishObject(kind, object) : object;
    },
    params(gvk) {
      const kind = catalogue.kind(gvk);
      if (!kind || kind.virtual) return undefined;
      return { prefix: kind.storage.prefix, namespaced: kind.facts.namespaced, show: (stored) => kind.storage.fromStorage?.(stored) ?? stored };
    },
    merge(gvk, object, configuration) {
      const kind = catalogue.kind(gvk);
      return mergeConfiguration(kind && schemaOf(kind), object, configuration);
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

function refuseUnknownFields({ definition }: Kind, data: object): void {
  const { unknownFields } = toTyped(definition, data);
  if (unknownFields.length > 0) throw new Error(`strict decoding error: ${unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`).join(', ')}`);
}

/** A kind's resource first, then those that show the same stored objects. */
function equivalentsOf(catalogue: KindCatalogue, asked: Kind | undefined): readonly EquivalentResource[] {
  if (!asked) return [];
  const others = asked.virtual || asked.storage.remote ? [] : [...catalogue.all()].filter((kind) => kind !== asked && !kind.virtual && kind.storage.prefix === asked.storage.prefix);
  return [asked, ...others].map((kind) => ({
    resource: { group: kind.gvk.group, version: kind.gvk.version, resource: kind.facts.plural },
    kind: kind.gvk,
    fromRequest: (object) => (kind === asked ? object : convertVersion(asked, kind, object)),
    toRequest: (object) => (kind === asked ? object : convertVersion(kind, asked, object)),
  }));
}
