import type { AdmissionAttributes } from '../types.js';
import { hooksOf, isExempt } from './hooks.js';
import { CallFailure, concerned, invoke, type WebhookDependencies } from './invoke.js';

/** Asks all validating webhooks that a write concerns, side by side; what the first in order that refuses says is the answer. */
export async function validate(dependencies: WebhookDependencies, prefix: string, attributes: AdmissionAttributes): Promise<void> {
  if (isExempt(attributes)) return;
  const calls: Array<() => Promise<void>> = [];
  for (const hook of hooksOf(dependencies.reader, prefix)) {
    const shown = await concerned(hook, attributes, dependencies);
    if (!shown) continue;
    calls.push(async () => {
      try {
        await invoke(hook, false, attributes, shown, dependencies);
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        if (hook.spec.failurePolicy !== 'Ignore') throw error.toApiError();
      }
    });
  }
  const outcomes = await Promise.allSettled(calls.map((call) => call()));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
