import { deepEqual } from '../../base/freeze.js';
import type { KubeObject } from '../../api/object.js';
import { ApiError } from '../../api/errors.js';
import { applyJsonPatch, decodeJsonPatch, PatchMismatch, type Operation } from '../../patch/index.js';
import type { AdmissionAttributes, MutationRound } from '../types.js';
import { type Hook, hooksOf, isExempt } from './hooks.js';
import { CallFailure, concerned, internalFailure, invoke, type WebhookDependencies } from './invoke.js';
import type { Shown } from './review.js';

/** What is known of the first round in the second (reinvocation of webhooks with reinvocationPolicy IfNeeded). */
class Reinvocations {
  /** Those that may be asked again. */
  private readonly invoked = new Set<string>();
  /** Those that somebody after them has changed the object for. */
  readonly due = new Set<string>();
  /** The object as the webhooks left it. */
  output: string | undefined;

  remember(hook: Hook): void {
    if (hook.spec.reinvocationPolicy === 'IfNeeded') this.invoked.add(hook.uid);
  }

  requireAll(): void {
    for (const uid of this.invoked) this.due.add(uid);
    this.invoked.clear();
  }
}

const NAME = 'MutatingAdmissionWebhook';

/** Lets mutating webhooks change a write, one after the other, each with what those before it left. */
export async function mutate(dependencies: WebhookDependencies, prefix: string, attributes: AdmissionAttributes, round: MutationRound): Promise<void> {
  if (isExempt(attributes)) return;
  let again = round.memory.get(NAME) as Reinvocations | undefined;
  if (!again) round.memory.set(NAME, (again = new Reinvocations()));
  if (round.isSecond && again.output !== JSON.stringify(attributes.object)) again.requireAll();
  for (const hook of hooksOf(dependencies.reader, prefix)) {
    const shown = await concerned(hook, attributes, dependencies);
    if (!shown) continue;
    // One that was not asked in the first round is not asked in the second.
    if (round.isSecond && !again.due.has(hook.uid)) continue;
    const changed = await callOne(hook, attributes, shown, dependencies);
    if (changed) {
      again.requireAll();
      round.again();
    }
    again.remember(hook);
  }
  again.output = JSON.stringify(attributes.object);
}

async function callOne(hook: Hook, attributes: AdmissionAttributes, shown: Shown, dependencies: WebhookDependencies): Promise<boolean> {
  try {
    const { patch, patchType } = await invoke(hook, true, attributes, shown, dependencies);
    if (!patch) return false;
    const operations = decodePatch(hook, patch);
    if (operations.length === 0) return false;
    if (!shown.object || !attributes.object) {
      throw internalFailure(`admission webhook ${JSON.stringify(hook.spec.name)} attempted to modify the object, which is not supported for this operation`);
    }
    if (patchType !== 'JSONPatch') throw new CallFailure(hook, `unsupported patch type ${JSON.stringify(patchType)}`);
    const patched = patchedObject(shown.object, operations, shown, dependencies);
    const changed = !deepEqual(dependencies.webhooks.inOrder(shown.as.kind, patched), shown.object);
    if (changed) replaceContent(attributes.object, shown.as.toRequest(patched));
    return changed;
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    if (hook.spec.failurePolicy !== 'Ignore') throw error.toApiError();
    return false;
  }
}

function decodePatch(hook: Hook, patch: string): Operation[] {
  try {
    return decodeJsonPatch(Buffer.from(patch, 'base64'), 'Ignore').patch;
  } catch (error) {
    throw new CallFailure(hook, `received undecodable patch in webhook response: ${(error as Error).message}`);
  }
}

function patchedObject(object: KubeObject, operations: readonly Operation[], { as }: Shown, { webhooks }: WebhookDependencies): KubeObject {
  try {
    return webhooks.decode(as.kind, applyJsonPatch(object, operations));
  } catch (error) {
    if (error instanceof PatchMismatch) throw internalFailure(error.why);
    throw error instanceof ApiError ? error : internalFailure((error as Error).message);
  }
}

/** The registry knows the object by identity: it takes on the new content. */
export function replaceContent(object: KubeObject, content: KubeObject): void {
  const target = object as unknown as Record<string, unknown>;
  for (const key of Object.keys(target)) delete target[key];
  Object.assign(target, content);
}
