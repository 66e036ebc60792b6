import { invalid, Path, required, tooLong, type FieldError } from '../../api/field.js';
import { isConfigMapKey } from '../../api/names.js';
import type { Secret } from '../../api/types/core-v1.js';
import { base64Bytes, immutableBagErrors, MAX_DATA_BYTES } from '../common/data-bags.js';
import { immutableField } from '../common/equality.js';
import { goJsonObjectError } from '../common/go-json.js';
import { age } from '../common/printing.js';
import { tlsPairProblem } from '../common/tls-pair.js';
import { defineKind } from '../define-kind.js';

const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const TLS = 'kubernetes.io/tls';
const DATA = Path.of('data');

function defaults(secret: Secret): void {
  // `stringData` is there for those who write secrets; it is never kept.
  for (const [key, value] of Object.entries(secret.stringData ?? {})) {
    secret.data = { ...secret.data, [key]: Buffer.from(value).toString('base64') };
  }
  delete secret.stringData;
  secret.type ||= 'Opaque';
}

const decode = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString();

/** What the well-known types ask for: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types */
function typeErrors({ type, data = {}, metadata }: Secret): FieldError[] {
  const missing = (...keys: string[]): FieldError[] => keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(DATA.key(key)));
  switch (type) {
    case 'kubernetes.io/service-account-token':
      return metadata.annotations?.[ACCOUNT_NAME] ? [] : [required(Path.of('metadata', 'annotations').key(ACCOUNT_NAME))];
    case 'kubernetes.io/dockercfg':
      return dockerErrors(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return dockerErrors(data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth':
      // One of them is enough.
      return missing('username').length > 0 && missing('password').length > 0 ? missing('username', 'password') : [];
    case 'kubernetes.io/ssh-auth':
      return decode(data['ssh-privatekey']) === '' ? [required(DATA.key('ssh-privatekey'))] : [];
    case TLS:
      return missing('tls.crt', 'tls.key');
    default:
      return [];
  }
}

function dockerErrors(data: Record<string, string>, key: string): FieldError[] {
  if (!Object.hasOwn(data, key)) return [required(DATA.key(key))];
  const problem = goJsonObjectError(decode(data[key]));
  return problem === undefined ? [] : [invalid(DATA.key(key), '<secret contents redacted>', problem)];
}

function validate(secret: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(secret.data ?? {})) {
    errors.push(...isConfigMapKey(key).map((text) => invalid(DATA.key(key), key, text)));
    size += base64Bytes(value);
  }
  if (size > MAX_DATA_BYTES) errors.push(tooLong(DATA, MAX_DATA_BYTES));
  return [...errors, ...typeErrors(secret)];
}

export const secretKind = defineKind<Secret>(
  { group: '', version: 'v1', kind: 'Secret' },
  {
    strategy: {
      generation: 'none',
      defaults,
      validate,
      validateUpdate: (secret, old) => [...immutableField(secret.type ?? '', old.type, Path.of('type')), ...immutableBagErrors(secret, old, ['data']), ...validate(secret)],
      warnings({ type, data }) {
        const problem = type === TLS ? tlsPairProblem(decode(data?.['tls.crt']), decode(data?.['tls.key'])) : undefined;
        return problem === undefined ? [] : [problem];
      },
    },
    selectableFields: { type: (secret) => secret.type ?? '' },
    cells: (secret, nowMs) => [secret.metadata.name, secret.type ?? '', Object.keys(secret.data ?? {}).length, age(secret.metadata.creationTimestamp, nowMs)],
  },
);
