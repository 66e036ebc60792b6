import type { Container, EphemeralContainer, PodSpec, ServiceAccount } from '../../api/types/core-v1.js';

/**
 * Accounts with the annotation kubernetes.io/enforce-mountable-secrets let their pods use only the secrets that they list.
 * The functions tell the first reference to another one.
 */
export function secretsOutsideOf(account: ServiceAccount, spec: PodSpec): string | undefined {
  const allowed = namesOf(account.secrets);
  const why = `is not allowed because service account ${account.metadata.name} does not reference that secret`;
  for (const { secret } of spec.volumes ?? []) {
    if (secret && !allowed.has(secret.secretName ?? '')) return `volume with secret.secretName="${secret.secretName ?? ''}" ${why}`;
  }
  const inContainers = outside(spec.initContainers, 'init container', allowed, why) ?? outside(spec.containers, 'container', allowed, why);
  if (inContainers) return inContainers;
  const pullSecrets = namesOf(account.imagePullSecrets);
  const i = (spec.imagePullSecrets ?? []).findIndex(({ name }) => !pullSecrets.has(name ?? ''));
  if (i < 0) return undefined;
  return `imagePullSecrets[${i}].name="${spec.imagePullSecrets?.[i]?.name ?? ''}" is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`;
}

export function secretsOfEphemeralContainersOutsideOf(account: ServiceAccount, spec: PodSpec): string | undefined {
  const why = `is not allowed because service account ${account.metadata.name} does not reference that secret`;
  return outside(spec.ephemeralContainers, 'ephemeral container', namesOf(account.secrets), why);
}

const namesOf = (list: ReadonlyArray<{ name?: string | undefined }> | undefined): Set<string> => new Set((list ?? []).map(({ name }) => name ?? ''));

function outside(containers: ReadonlyArray<Container | EphemeralContainer> | undefined, what: string, allowed: ReadonlySet<string>, why: string): string | undefined {
  for (const container of containers ?? []) {
    for (const { name, valueFrom } of container.env ?? []) {
      const secret = valueFrom?.secretKeyRef;
      if (secret && !allowed.has(secret.name ?? '')) return `${what} ${container.name} with envVar ${name} referencing secret.secretName="${secret.name ?? ''}" ${why}`;
    }
    for (const { secretRef } of container.envFrom ?? []) {
      if (secretRef && !allowed.has(secretRef.name ?? '')) return `${what} ${container.name} with envFrom referencing secret.secretName="${secretRef.name ?? ''}" ${why}`;
    }
  }
  return undefined;
}
