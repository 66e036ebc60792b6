import { forbidden, invalid, notSupported, Path, required, tooLong, type FieldError } from '../../api/field.js';
import { isDns1123Subdomain, isHttpPath, nameIsDnsLabel } from '../../api/names.js';
import type { IngressClass, IngressClassParametersReference } from '../../api/types/networking-v1.js';
import { immutableField } from '../common/equality.js';
import { age } from '../common/printing.js';
import { typedReferenceErrors } from '../common/references.js';
import { defineKind } from '../define-kind.js';

const CONTROLLER = Path.of('spec', 'controller');
const CONTROLLER_MAX = 250;
const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';
const SCOPES = ['Cluster', 'Namespace'];

/** A path with a domain before it, such as `acme.io/foo`. */
function domainPathErrors(value: string, path: Path): FieldError[] {
  if (!value) return [required(path)];
  const slash = value.indexOf('/');
  if (slash < 1 || slash === value.length - 1) return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const [host, rest] = [value.slice(0, slash), value.slice(slash + 1)];
  return [...isDns1123Subdomain(host).map((text) => invalid(path, host, text)), ...isHttpPath(rest).map((text) => invalid(path, rest, text))];
}

function parametersErrors(parameters: IngressClassParametersReference | undefined, path: Path): FieldError[] {
  if (!parameters) return [];
  const { scope, namespace } = parameters;
  const errors = typedReferenceErrors(parameters, path);
  const at = path.child('namespace');
  if (scope === undefined) return [...errors, required(path.child('scope'))];
  if (!SCOPES.includes(scope)) errors.push(notSupported(path.child('scope'), scope, SCOPES));
  if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(required(at, "`parameters.scope` is set to 'Namespace'"));
    else errors.push(...nameIsDnsLabel(namespace, false).map((text) => invalid(at, namespace, text)));
  }
  if (scope === 'Cluster' && namespace !== undefined) errors.push(forbidden(at, "`parameters.scope` is set to 'Cluster'"));
  return errors;
}

function errorsOf({ spec }: IngressClass): FieldError[] {
  const controller = spec?.controller ?? '';
  return [
    ...(Buffer.byteLength(controller) > CONTROLLER_MAX ? [tooLong(CONTROLLER, CONTROLLER_MAX)] : []),
    ...domainPathErrors(controller, CONTROLLER),
    ...parametersErrors(spec?.parameters, Path.of('spec', 'parameters')),
  ];
}

function parametersCell(parameters: IngressClassParametersReference | undefined): string {
  if (!parameters) return '<none>';
  const { apiGroup, kind, name } = parameters;
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`;
}

/** IngressClasses: https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class */
export const ingressClassKind = defineKind<IngressClass>(
  { group: 'networking.k8s.io', version: 'v1', kind: 'IngressClass' },
  {
    strategy: {
      generation: 'spec',
      defaults({ spec }) {
        if (spec?.parameters) spec.parameters.scope ??= 'Cluster';
      },
      validate: errorsOf,
      validateUpdate: (ingressClass, old) => [...immutableField(ingressClass.spec?.controller ?? '', old.spec?.controller ?? '', CONTROLLER), ...errorsOf(ingressClass)],
    },
    cells: ({ metadata, spec }, nowMs) => [
      metadata.annotations?.[DEFAULT_ANNOTATION] === 'true' ? `${metadata.name} (default)` : metadata.name,
      spec?.controller ?? '',
      parametersCell(spec?.parameters),
      age(metadata.creationTimestamp, nowMs),
    ],
  },
);
