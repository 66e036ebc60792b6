import { internalError } from '../../api/errors.js';
import { apiVersionOf } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion, JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { deepClone, deepEqual } from '../../base/freeze.js';
import type { Kind, StorageForm } from '../../registry/kind.js';
import type { Subresource } from '../../registry/subresource.js';
import type { ResourceFact, SubresourceFact } from '../../schema/catalogue.js';
import { canonical } from '../../schema/typed.js';
import { kindOf } from '../define-kind.js';
import { columnsOf } from './columns.js';
import { applyDefaults } from './defaulting.js';
import type { Fields } from './json.js';
import { parseJsonPath, printed } from './json-path.js';
import { publishedDefinitions } from './published.js';
import { prune } from './pruning.js';
import { customScale } from './scale.js';
import { StructuralNode } from './schema-node.js';
import { customStrategies } from './strategy.js';
import { webhookConversion, type ConversionEnvironment, type Convert } from './webhook-conversion.js';

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
/** What is told of a resource whose definition is being deleted: objects may go, and be changed so that they can. */
const TERMINATING_VERBS = ['delete', 'deletecollection', 'get', 'list', 'watch'];
const SUBRESOURCE_VERBS = ['get', 'patch', 'update'];
/** What any object may be whose definition says nothing of it. */
const ANYTHING: JSONSchemaProps = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const isTrue = ({ status }: CustomResourceDefinition, type: string): boolean => (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');

/** The kinds that a definition makes: one for each version that is served, none before it is established. */
export function customKinds(definition: CustomResourceDefinition, environment: ConversionEnvironment): Kind[] {
  if (!isTrue(definition, 'Established')) return [];
  const stored = definition.spec.versions.find(({ storage }) => storage);
  const convert = webhookConversion(definition, environment);
  return definition.spec.versions.filter(({ served }) => served).map((version) => customKind(definition, version, stored ?? version, convert));
}

function customKind(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion, stored: CustomResourceDefinitionVersion, convert: Convert | undefined): Kind {
  const { group, scope } = definition.spec;
  const schema = version.schema?.openAPIV3Schema ?? ANYTHING;
  const goes = isTrue(definition, 'Terminating');
  const { main, status } = customStrategies({ schema, subresources: version.subresources, goes: goes ? { group, resource: definition.spec.names.plural } : undefined });
  const columns = columnsOf(version.additionalPrinterColumns);
  const facts = factsOf(definition, version);
  const subresources: Record<string, Subresource> = {};
  if (version.subresources?.status) subresources['status'] = { type: 'object', strategy: status };
  if (version.subresources?.scale) subresources['scale'] = customScale(version.subresources.scale, { ...main, allowUnconditionalUpdate: true });
  const apiVersion = apiVersionOf({ group, version: version.name });
  const kind = kindOf({ ...facts, columns: columns.facts }, {
    strategy: main,
    subresources,
    cells: columns.cells,
    selectableFields: { ...selectable(version), ...(scope === 'Cluster' ? { 'metadata.namespace': undefined } : {}) },
    unknownFieldText: (field) => `field label not supported: ${field}`,
    storage: storageOf(definition, version, stored, convert),
    ...(version.deprecated ? { deprecation: version.deprecationWarning ?? deprecationText(definition, version, apiVersion) } : {}),
  });
  return {
    ...kind,
    ownDefinitions: publishedDefinitions(definition, version),
    custom: { listKind: definition.status?.acceptedNames?.listKind ?? `${facts.kind}List`, discoveryVerbs: goes ? TERMINATING_VERBS : VERBS, schema: new StructuralNode(schema, true), prune: (object) => prune(object as unknown as Fields, schema), retired: new AbortController() },
  };
}

/** What the real server says where the definition has no words of its own. */
function deprecationText({ spec }: CustomResourceDefinition, { name }: CustomResourceDefinitionVersion, apiVersion: string): string {
  const newer = spec.versions.filter((version) => version.served && !version.deprecated && version.name !== name).map((version) => version.name);
  const [best] = newer.sort((a, b) => stability(b) - stability(a) || (a < b ? 1 : -1));
  const text = `${apiVersion} ${spec.names.kind} is deprecated`;
  return best !== undefined && stability(best) >= stability(name) ? `${text}; use ${spec.group}/${best} ${spec.names.kind}` : text;
}

const stability = (version: string): number => (version.includes('alpha') ? 0 : version.includes('beta') ? 1 : /^v\d+$/.test(version) ? 2 : -1);

function factsOf(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion): ResourceFact {
  const { group, scope, names: asked } = definition.spec;
  const names = definition.status?.acceptedNames ?? asked;
  const subresources: SubresourceFact[] = [];
  const subresource = (name: string, kind: SubresourceFact['kind']): void => void subresources.push({ name, kind, verbs: SUBRESOURCE_VERBS, acceptedTypes: [] });
  if (version.subresources?.status) subresource('status', { group: '', version: '', kind: names.kind });
  if (version.subresources?.scale) subresource('scale', { group: 'autoscaling', version: 'v1', kind: 'Scale' });
  return {
    group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? '',
    namespaced: scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: VERBS,
    subresources,
  };
}

function selectable({ selectableFields = [] }: CustomResourceDefinitionVersion): Record<string, (object: KubeObject) => string> {
  return Object.fromEntries(
    selectableFields.map(({ jsonPath }) => {
      const path = parseJsonPath(jsonPath);
      const read = (object: KubeObject): string => {
        const [value] = path?.find(object) ?? [];
        return value === undefined || value === null ? '' : printed(value);
      };
      return [jsonPath.replace(/^\./, ''), read];
    }),
  );
}

/**
 * Objects are stored in the version that the definition says. What comes out of the store may have been written by
 * another version, or under another schema: what is not known goes, what is left out is filled in.
 */
function storageOf(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion, stored: CustomResourceDefinitionVersion, convert: Convert | undefined): StorageForm {
  const { group, names } = definition.spec;
  const apiVersion = apiVersionOf({ group, version: version.name });
  const storedVersion = apiVersionOf({ group, version: stored.name });
  const schemas = new Map(definition.spec.versions.map(({ name, schema }) => [apiVersionOf({ group, version: name }), schema?.openAPIV3Schema ?? ANYTHING]));
  const schemaOf = (one: string): JSONSchemaProps => schemas.get(one) ?? version.schema?.openAPIV3Schema ?? ANYTHING;
  const decoded = (object: KubeObject): KubeObject => {
    const draft = deepClone(object);
    const schema = schemaOf(object.apiVersion);
    prune(draft as unknown as Fields, schema);
    applyDefaults(draft, schema);
    return draft;
  };
  const common = { prefix: `${group}/${definition.status?.acceptedNames?.plural ?? names.plural}/`, gvk: { group, version: stored.name, kind: names.kind } };
  const asWritten = (object: KubeObject): KubeObject => {
    const draft = decoded(object);
    return deepEqual(draft, object) ? object : draft;
  };
  if (convert) {
    const converted: Convert = async (object, wanted) => {
      const made = await convert(object, wanted);
      prune(made as unknown as Fields, schemaOf(wanted));
      return canonical(undefined, made as unknown as Fields) as unknown as KubeObject;
    };
    return {
      ...common,
      fromStorage(object) {
        if (object.apiVersion !== apiVersion) throw internalError(`${names.plural}.${group} are converted by a webhook, which has not been asked`);
        return asWritten(object);
      },
      remote: {
        convert: converted,
        fromStorage: async (object) => (object.apiVersion === apiVersion ? asWritten(object) : converted(decoded(object), apiVersion)),
      },
    };
  }
  return {
    ...common,
    fromStorage(object) {
      if (object.apiVersion === apiVersion) return asWritten(object);
      const draft = decoded(object);
      draft.apiVersion = apiVersion;
      draft.kind = names.kind;
      prune(draft as unknown as Fields, schemaOf(apiVersion));
      return draft;
    },
    toStorage: (object) => (object.apiVersion === storedVersion ? object : { ...object, apiVersion: storedVersion }),
  };
}
