// Accept headers of all sorts, and what becomes of them.

const JSON_TYPE = 'application/json';
const YAML = 'application/yaml';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const as = (kind, version = 'v1') => `;as=${kind};g=meta.k8s.io;v=${version}`;
const TABLE = as('Table');
const PARTIAL = as('PartialObjectMetadata');
const PARTIALS = as('PartialObjectMetadataList');

const ACCEPTS = [
  ...['', '*/*', 'application/*', 'text/*', 'Application/JSON', JSON_TYPE, YAML, PROTOBUF, 'application/cbor', 'garbage', ',', ';;', `${JSON_TYPE},`],
  ...[';stream=watch', ';stream=x', ';sv=v1', ';sv=v2', ';foo=bar', ';pretty=1', ';as=Table', ';g=meta.k8s.io', ';v=v1', as('Table', 'v2'), as('Foo')].map((parameters) => JSON_TYPE + parameters),
  ...[JSON_TYPE, YAML, PROTOBUF].flatMap((type) => [type + TABLE, type + PARTIAL, type + PARTIALS]),
  ...[`${YAML};stream=watch`, `${PROTOBUF};stream=watch`, `*/*${TABLE}`, `application/*${TABLE}`, JSON_TYPE + as('Table', 'v1beta1')],
  ...[`${JSON_TYPE};q=abc,${YAML}`, `${JSON_TYPE};as="Table";g="meta.k8s.io";v="v1"`, `${JSON_TYPE};q=0,${YAML};q=0.1`],
  ...[`${PROTOBUF}${TABLE},${JSON_TYPE}`, `${PROTOBUF}${TABLE},${JSON_TYPE}${TABLE}`, `${YAML};q=0.9,${JSON_TYPE};q=0.8`, `image/png,${JSON_TYPE}`, 'image/png,*/*;q=0.1', `${JSON_TYPE}${TABLE},${JSON_TYPE}`],
];

const KUBE_SYSTEM = 'fieldSelector=metadata.name=kube-system';
const DISCOVERY = ';g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const DISCOVERY_ACCEPTS = [...[JSON_TYPE, YAML, PROTOBUF, 'application/cbor', '*/*'].map((type) => type + DISCOVERY), `${JSON_TYPE};g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList`, `${JSON_TYPE};q=0.5,${JSON_TYPE}${DISCOVERY};q=0.1`, `${JSON_TYPE}${DISCOVERY};profile=nopeer`];
const DISCOVERY_PATHS = ['/api', '/api/', '/api//', '/apis', '/apis/', '/api/v1', '/apis/apps', '/apis/apps/v1', '/version'];

const PATHS = [
  '/api/v1/namespaces/kube-system',
  `/api/v1/namespaces?${KUBE_SYSTEM}`,
  '/api/v1/namespaces/nope',
  '/api/v1/namespaces?limit=x',
  `/api/v1/namespaces?watch=1&timeoutSeconds=1&${KUBE_SYSTEM}`,
  `/api/v1/namespaces?watch=1&timeoutSeconds=1&includeObject=X&${KUBE_SYSTEM}`,
  '/api/v1/namespaces?watch=1&resourceVersion=abc',
];

/** `PATH ACCEPT` */
export const negotiations = [
  ...PATHS.flatMap((path) => ACCEPTS.map((accept) => `${path} ${accept}`)),
  ...DISCOVERY_PATHS.flatMap((path) => [...ACCEPTS, ...DISCOVERY_ACCEPTS].map((accept) => `${path} ${accept}`)),
];

/** What came back: code, media type, whether it is indented, and what it is; of a Status all it says. */
export function shapeOf({ code, headers, text }) {
  const type = headers['content-type'];
  return `${code} ${type} ${type.startsWith(JSON_TYPE) ? jsonShape(text) : ''}`.trimEnd();
}

function jsonShape(text) {
  if (text === '') return 'nothing';
  const document = JSON.parse(text);
  const indented = text.startsWith('{\n') ? 'indented ' : '';
  if (document.kind === 'Status') return `${indented}Status ${document.message} ${JSON.stringify(document.details)}`;
  const { kind, rows } = document.object ?? document;
  return `${indented}${document.type ?? ''} ${kind}${rows ? ` of ${rows[0].object?.kind}` : ''}`;
}
