import type { KubeObject } from '../../api/object.js';
import type { ResourceAmounts } from '../../api/pod-resources.js';
import { addAmounts } from '../../api/pod-resources.js';
import { Quantity } from '../../api/quantity.js';
import type { ResourceQuota } from '../../api/types/core-v1.js';
import { matchesQuota, quotaEvaluator, type QuotaEvaluator, type QuotaWrite } from '../../quota/index.js';
import { refuse } from '../refuse.js';
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from '../types.js';

/** Other writers of a quota's status may come first this often. */
const MAX_RETRIES = 3;

type Amounts = Readonly<ResourceAmounts>;

/**
 * Refuses what would use more than a namespace's quotas leave, and books what it lets pass: the controller that counts anew
 * would be too late. One write at a time in each namespace.
 */
export function resourceQuota({ clock, updateQuotaStatus }: Pick<AdmissionDependencies, 'clock' | 'updateQuotaStatus'>): AdmissionPlugin {
  const queues = new Map<string, Promise<void>>();

  async function book(attributes: AdmissionAttributes, write: QuotaWrite, evaluator: QuotaEvaluator): Promise<void> {
    let names: ReadonlySet<string> | undefined;
    for (let retry = 0; ; retry++) {
      const quotas = quotasOf(attributes).filter(({ metadata }) => names?.has(metadata.name) ?? true);
      const booked = charge(attributes, write, evaluator, quotas, clock.now());
      if (attributes.dryRun || !updateQuotaStatus) return;
      const failures = new Map<string, unknown>();
      for (const quota of booked) await updateQuotaStatus(quota as unknown as KubeObject).catch((error: unknown) => failures.set(quota.metadata.name, error));
      if (failures.size === 0) return;
      if (retry === MAX_RETRIES) throw [...failures.values()].at(-1);
      names = new Set(failures.keys());
    }
  }

  return {
    name: 'ResourceQuota',
    validate(attributes) {
      const write = countedWrite(attributes);
      const evaluator = write && quotaEvaluator(attributes.resource);
      if (!evaluator?.concerns(write as QuotaWrite) || quotasOf(attributes).length === 0) return;
      const { namespace } = attributes;
      const turn = (queues.get(namespace) ?? Promise.resolve()).then(() => book(attributes, write as QuotaWrite, evaluator));
      const done = turn.catch(() => {}).finally(() => queues.get(namespace) === done && queues.delete(namespace));
      queues.set(namespace, done);
      return turn;
    },
  };
}

function countedWrite({ operation, subresource, namespace, kind, object, oldObject }: AdmissionAttributes): QuotaWrite | undefined {
  if ((operation !== 'CREATE' && operation !== 'UPDATE') || namespace === '' || object === undefined) return undefined;
  if (operation === 'CREATE' && kind.group === '' && kind.kind === 'Namespace') return undefined;
  return { operation, subresource, object, oldObject };
}

function quotasOf({ reader, namespace }: AdmissionAttributes): ResourceQuota[] {
  return reader.list(`core/resourcequotas/${namespace}/`).entries.map(({ object }) => object as unknown as ResourceQuota);
}

/** The quotas whose usage a write changes, with their new status. Throws when one of them has not that much left. */
function charge(attributes: AdmissionAttributes, write: QuotaWrite, evaluator: QuotaEvaluator, quotas: readonly ResourceQuota[], now: number): ResourceQuota[] {
  const { object, oldObject } = write;
  const matching = quotas.filter((quota) => matchesQuota(quota, evaluator, object));
  for (const quota of matching) checkCountable(attributes, evaluator, quota, object);

  const usage = evaluator.usage(object, now);
  const negative = Object.keys(usage).filter((name) => quantity(usage[name]).sign < 0);
  if (negative.length > 0) throw refuse(attributes, `quota usage is negative for resource(s): ${negative.sort().join(',')}`);
  const increase = oldObject ? increaseOver(usage, evaluator.usage(oldObject, now)) : usage;

  return matching.flatMap((quota) => {
    // What did not count towards this quota before does so in full.
    const more = oldObject && matchesQuota(quota, evaluator, oldObject) ? increase : usage;
    const { hard = {}, used = {} } = quota.status ?? {};
    const requested = pick(more, (name) => Object.hasOwn(hard, name) && !quantity(more[name]).isZero);
    if (Object.keys(requested).length === 0) return [];
    const newUsed: ResourceAmounts = { ...used };
    addAmounts(newUsed, requested);
    const exceeded = pick(requested, (name) => quantity(newUsed[name]).compare(quantity(hard[name])) > 0);
    // A status tells what is already so: it is booked, not refused.
    if (write.subresource !== 'status' && Object.keys(exceeded).length > 0) {
      const of = (amounts: Amounts): string => amountsText(pick(amounts, (name) => Object.hasOwn(exceeded, name)));
      throw refuse(attributes, `exceeded quota: ${quota.metadata.name}, requested: ${of(requested)}, used: ${of(used)}, limited: ${of(hard)}`);
    }
    return [{ ...quota, status: { ...quota.status, used: newUsed as Record<string, string> } }];
  });
}

/** An object must say what it costs, and the controller must have counted what is there already. */
function checkCountable(attributes: AdmissionAttributes, evaluator: QuotaEvaluator, { metadata, status }: ResourceQuota, object: KubeObject): void {
  const names = Object.keys(status?.hard ?? {}).filter((name) => evaluator.covers(name)).sort();
  const why = evaluator.uncountable?.(object, new Set(names));
  if (why !== undefined) throw refuse(attributes, `failed quota: ${metadata.name}: ${why}`);
  if (names.some((name) => !Object.hasOwn(status?.used ?? {}, name))) throw refuse(attributes, `status unknown for quota: ${metadata.name}, resources: ${names.join(',')}`);
}

/** What is used more than before; what is used less is given back by the controller only. */
function increaseOver(usage: Amounts, before: Amounts): ResourceAmounts {
  return Object.fromEntries(
    Object.keys(usage).map((name) => {
      const more = quantity(usage[name]).subtract(quantity(before[name]));
      return [name, more.sign > 0 ? more.toString() : '0'];
    }),
  );
}

const quantity = (amount: string | number | undefined): Quantity => (amount === undefined ? Quantity.zero : Quantity.parse(amount));

function pick(amounts: Amounts, accepts: (name: string) => boolean): ResourceAmounts {
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => accepts(name)));
}

function amountsText(amounts: Amounts): string {
  return Object.keys(amounts)
    .sort()
    .map((name) => `${name}=${quantity(amounts[name]).toString()}`)
    .join(',');
}
