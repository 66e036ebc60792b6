import type { ServiceAccount } from '../../api/types/core-v1.js';
import type { Strategy } from '../../registry/kind.js';
import { age } from '../common/printing.js';
import { defineKind } from '../define-kind.js';
import type { KindEnvironment } from '../environment.js';
import { tokenSubresource } from './service-account-token.js';

const ENFORCE_MOUNTABLE_SECRETS = 'kubernetes.io/enforce-mountable-secrets';

/** References to secrets keep the name alone. */
function cleanReferences(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name ? { name } : {}));
}

const strategy: Strategy<ServiceAccount> = {
  generation: 'none',
  returnsDeleted: true,
  prepareForCreate: cleanReferences,
  prepareForUpdate: cleanReferences,
  validate: () => [],
  validateUpdate: () => [],
  warnings(account, old) {
    const has = (a: ServiceAccount | undefined): boolean => Object.hasOwn(a?.metadata.annotations ?? {}, ENFORCE_MOUNTABLE_SECRETS);
    return has(account) && !has(old) ? [`metadata.annotations[${ENFORCE_MOUNTABLE_SECRETS}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`] : [];
  },
};

export const serviceAccountKind = (environment: KindEnvironment) =>
  defineKind<ServiceAccount>(
    { group: '', version: 'v1', kind: 'ServiceAccount' },
    {
      strategy,
      subresources: { token: tokenSubresource(environment) },
      cells: (account, nowMs) => [account.metadata.name, age(account.metadata.creationTimestamp, nowMs)],
    },
  );
