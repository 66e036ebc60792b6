import { ApiError } from '../../api/errors.js';
import type { Secret, ServiceAccount } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { ACCOUNT_NAME, base64, planToken, SECRET_TYPE } from './plan.js';

const SECRETS = { group: '', version: 'v1', resource: 'secrets' };
const ACCOUNTS = { group: '', version: 'v1', resource: 'serviceaccounts' };

export interface SecretTokenIssuer {
  /** A token that never expires and is good as long as its Secret is there. */
  issueForSecret(request: { readonly namespace: string; readonly name: string; readonly uid: string; readonly secretName: string }): Promise<string>;
}

/**
 * Puts tokens into Secrets that ask for one, and removes them with their account
 * (https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets). Keys are those of Secrets.
 */
export function serviceAccountTokenController(tokens: SecretTokenIssuer, caCertificate: string): Controller {
  let context: ControllerContext;
  const secrets = () => context.informers.for<Secret>(SECRETS);
  const accountOf = (secret: Secret): string | undefined => (secret.type === SECRET_TYPE ? secret.metadata.annotations?.[ACCOUNT_NAME] : undefined);

  /** Informers may be behind: whether an account is really gone is asked of the server. */
  async function findAccount(name: string, namespace: string): Promise<ServiceAccount | undefined> {
    const known = context.informers.for<ServiceAccount>(ACCOUNTS).get(name, namespace);
    if (known) return known;
    return context.client
      .resource<ServiceAccount>(ACCOUNTS)
      .get(name, namespace)
      .catch((error: unknown) => ignore(error, 'NotFound'));
  }

  async function remove({ metadata }: Secret): Promise<void> {
    const target = { name: metadata.name ?? '', namespace: metadata.namespace };
    await context.client
      .resource<Secret>(SECRETS)
      .delete(target, { uid: metadata.uid })
      .catch((error: unknown) => ignore(error, 'NotFound', 'Conflict'));
  }

  return {
    name: 'serviceaccount-token-controller',
    setUp(given) {
      context = given;
      const onSecret = (secret: Secret): void => {
        if (accountOf(secret)) context.enqueue(keyOf(secret));
      };
      secrets().addIndex('service-account', (secret) => {
        const account = accountOf(secret);
        return account ? [`${secret.metadata.namespace}/${account}`] : [];
      });
      secrets().addHandler({ onAdd: onSecret, onUpdate: onSecret });
      const onAccount = (account: ServiceAccount): void => {
        for (const secret of secrets().byIndex('service-account', keyOf(account))) context.enqueue(keyOf(secret));
      };
      context.informers.for<ServiceAccount>(ACCOUNTS).addHandler({ onAdd: onAccount, onDelete: onAccount });
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key);
      const secret = secrets().get(name, namespace);
      const accountName = secret && accountOf(secret);
      if (!secret || !accountName || secret.metadata.deletionTimestamp) return;
      const account = await findAccount(accountName, namespace);
      const plan = planToken(secret, account, caCertificate);
      if (plan.action === 'delete') return remove(secret);
      if (plan.action === 'none' || !account) return;
      const token = plan.needsToken ? { token: base64(await tokens.issueForSecret({ namespace, name: accountName, uid: account.metadata.uid ?? '', secretName: name })) } : {};
      const filled: Secret = { ...secret, metadata: { ...secret.metadata, annotations: { ...plan.annotations } }, data: { ...plan.data, ...token } };
      await context.client
        .resource<Secret>(SECRETS)
        .update(filled)
        .catch((error: unknown) => ignore(error, 'NotFound'));
    },
  };
}

function ignore(error: unknown, ...reasons: string[]): undefined {
  if (error instanceof ApiError && reasons.includes(error.reason)) return undefined;
  throw error;
}
