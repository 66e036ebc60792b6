import { ApiError } from '../../api/errors.js';
import { fieldErrorText, Path } from '../../api/field.js';
import { parseApiVersion } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import type { CustomResourceDefinition, WebhookClientConfig } from '../../api/types/apiextensions-v1.js';
import type { Ids } from '../../base/ids.js';
import { encodeJson } from '../../base/json.js';
import { validateAnnotations } from '../shared/annotations.js';
import { validateLabels } from '../shared/label-validation.js';
import type { Fields } from './json.js';

/** What conversion by webhooks needs of the server. */
export interface ConversionEnvironment {
  readonly ids: Ids;
  /** Posts a review and gives the answer. Rejects with an Error in the words of client-go. */
  readonly call: (client: WebhookClientConfig, review: object) => Promise<unknown>;
}

/** Puts an object into another version. Rejects with ApiError 500. */
export type Convert = (object: KubeObject, apiVersion: string) => Promise<KubeObject>;

const GROUP = 'apiextensions.k8s.io';

/**
 * Conversion by the webhook of a definition (ConversionReview, apiextensions-apiserver's webhook converter): one object a call. Of the
 * metadata only labels and annotations are the webhook's. Undefined where the definition has no webhook.
 */
export function webhookConversion({ spec }: CustomResourceDefinition, { ids, call }: ConversionEnvironment): Convert | undefined {
  const { strategy, webhook } = spec.conversion ?? {};
  if (strategy !== 'Webhook' || !webhook?.clientConfig) return undefined;
  const client = webhook.clientConfig;
  const version = webhook.conversionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1');
  return async (object, apiVersion) => {
    if (!version) throw failure('no supported conversion review versions');
    const { group, version: from } = parseApiVersion(object.apiVersion);
    const title = `conversion webhook for ${group}/${from}, Kind=${object.kind}`;
    const uid = ids.uid();
    const request = { uid, desiredAPIVersion: apiVersion, objects: [object] };
    let objects: readonly unknown[];
    try {
      objects = convertedObjects(version, uid, await call(client, { kind: 'ConversionReview', apiVersion: `${GROUP}/${version}`, request, response: { uid: '', convertedObjects: null, result: { metadata: {} } } }));
    } catch (error) {
      throw failure(`${title} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (objects.length !== 1) throw failure(`${title} returned ${objects.length} objects, expected 1`);
    return accepted(title, object, unstructured(objects[0]), apiVersion);
  };
}

/** Kubernetes gives such errors no reason. */
const failure = (message: string): ApiError => new ApiError(500, '', message);
const goKindOf = (value: unknown): string => (typeof value === 'boolean' ? 'bool' : Array.isArray(value) ? 'array' : typeof value);
const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The objects in an answer. Throws an Error with Go's text for one that is none, or tells of a failure. */
function convertedObjects(version: string, uid: string, answer: unknown): readonly unknown[] {
  if (!isMap(answer)) {
    throw new Error(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goKindOf(answer)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const [apiVersion, kind] = [text(answer['apiVersion']), text(answer['kind'])];
  const isNamed = apiVersion !== '' || kind !== '';
  if (isNamed && (apiVersion !== `${GROUP}/${version}` || kind !== 'ConversionReview')) {
    throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`);
  }
  if (version === 'v1' && !isNamed) throw new Error(`expected webhook response of ${GROUP}/v1, Kind=ConversionReview, got /, Kind=`);
  const { response } = answer;
  if (!isMap(response)) throw new Error('no response provided');
  const answered = text(response['uid']);
  if (version === 'v1' && answered !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answered)}`);
  const result = isMap(response['result']) ? response['result'] : {};
  if (result['status'] !== 'Success') throw new Error(text(result['message']) || `response.result.status was '${text(result['status'])}', not 'Success'`);
  return Array.isArray(response['convertedObjects']) ? (response['convertedObjects'] as unknown[]) : [];
}

/** What a webhook gives for an object, as an object. */
function unstructured(value: unknown): KubeObject & Fields {
  if (value === null || value === undefined) throw failure('unexpected end of JSON input');
  if (!isMap(value)) throw failure(`json: cannot unmarshal ${goKindOf(value)} into Go value of type map[string]interface {}`);
  if (!text(value['kind'])) throw failure(`Object 'Kind' is missing in '${encodeJson(value)}'`);
  return value as KubeObject & Fields;
}

/** A converted object with the metadata that it must keep. */
function accepted(title: string, original: KubeObject, made: KubeObject & Fields, apiVersion: string): KubeObject {
  const unfit = (why: string): ApiError => failure(`${title} returned invalid object at index 0: ${why}`);
  if (made.apiVersion !== apiVersion) throw unfit(`invalid groupVersion (expected ${apiVersion}, received ${text(made.apiVersion)})`);
  if (made.kind !== original.kind) throw unfit(`invalid kind (expected ${original.kind}, received ${made.kind})`);
  const metadata: Fields = isMap(made.metadata) ? made.metadata : {};
  for (const [field, called] of [['name', 'name'], ['namespace', 'namespace'], ['uid', 'UID']] as const) {
    const [expected, got] = [original.metadata[field] ?? '', text(metadata[field])];
    if (expected !== got) throw failure(`${title} returned invalid object: must have the same ${called}: ${expected} != ${got}`);
  }
  const refuse = (why: string): ApiError => failure(`${title} returned invalid metadata: ${why}`);
  if (made.metadata === undefined) throw refuse('missing metadata in converted object');
  const { labels, annotations, ...rest } = original.metadata;
  const newLabels = textsOf('labels', metadata['labels'], labels, refuse);
  const newAnnotations = textsOf('annotations', metadata['annotations'], annotations, refuse);
  return { ...made, metadata: { ...rest, ...(newLabels ? { labels: newLabels } : {}), ...(newAnnotations ? { annotations: newAnnotations } : {}) } };
}

type Texts = Record<string, string>;

/** Labels or annotations as the webhook left them; what it changed must be valid. */
function textsOf(field: 'labels' | 'annotations', made: unknown, original: Texts | undefined, refuse: (why: string) => ApiError): Texts | undefined {
  if (made === undefined || made === null) return undefined;
  if (!isMap(made)) throw refuse(`invalid metadata.${field} of type ${goTypeOf(made)} in converted object`);
  for (const [key, value] of Object.entries(made)) if (typeof value !== 'string') throw refuse(`metadata.${field}[${key}] must be a string, but is ${goTypeOf(value)} in converted object`);
  const texts = made as Texts;
  const keys = Object.keys(texts);
  const changed = keys.length !== Object.keys(original ?? {}).length || keys.some((key) => original?.[key] !== texts[key]);
  if (!changed) return texts;
  // The real server names annotations so.
  const errors = field === 'labels' ? validateLabels(texts, Path.of('metadata', 'labels')) : validateAnnotations(texts, Path.of('metadata', 'annotation'));
  const told = [...new Set(errors.map(fieldErrorText))];
  if (told.length > 0) throw refuse(told.length === 1 ? String(told[0]) : `[${told.join(', ')}]`);
  return texts;
}

/** Go's type of decoded JSON. */
function goTypeOf(value: unknown): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : typeof value === 'object' ? 'map[string]interface {}' : typeof value;
}
