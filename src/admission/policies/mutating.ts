import { ApiError } from '../../api/errors.js';
import { deepEqual } from '../../base/freeze.js';
import type { KubeObject } from '../../api/object.js';
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding } from '../../api/types/admissionregistration-v1.js';
import { Activation, BUDGET, Budget, type Compiled, CONDITIONS_BUDGET, EvaluationProblem, OutOfBudget } from '../expressions/activation.js';
import { conditionsHold } from '../expressions/conditions.js';
import { refuse } from '../refuse.js';
import type { AdmissionAttributes, MutationRound } from '../types.js';
import type { EquivalentResource } from '../webhooks/environment.js';
import { allowEverything, shownAs, type WebhookDependencies } from '../webhooks/invoke.js';
import { replaceContent } from '../webhooks/mutating.js';
import { BoundPolicies, type BoundPolicy, type CommonPrograms, isExempt } from './bound-policies.js';
import { matchResources } from './match.js';
import { collectParams, ConfigurationProblem, paramSource } from './params.js';
import { configured, decodePatched, MutationProblem, patched } from './patches.js';
import { namespaceOf } from './validating.js';

/** MutatingAdmissionPolicies at work: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/ */

interface Programs extends CommonPrograms {
  readonly mutations: ReadonlyArray<{ readonly program: Compiled; readonly isPatch: boolean }>;
}

type Bound = BoundPolicy<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, Programs>;

interface Invocation {
  readonly bound: Bound;
  readonly binding: MutatingAdmissionPolicyBinding;
  readonly as: EquivalentResource;
  readonly params: KubeObject | undefined;
}

interface PolicyError {
  readonly text: string;
  readonly reason: string | undefined;
}

/** What is known of the first round in the second. */
interface Memory {
  invoked: Set<string>;
  due: Set<string>;
  output: string | undefined;
}

const NAME = 'MutatingAdmissionPolicy';

export class MutatingPolicies {
  private readonly bound: BoundPolicies<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, Programs>;

  constructor(
    private readonly dependencies: WebhookDependencies,
    prefixes: { readonly policies: string; readonly bindings: string },
  ) {
    this.bound = new BoundPolicies(dependencies.reader, prefixes, ({ spec }, common, compile) => ({
      ...common,
      mutations: (spec.mutations ?? []).map(({ patchType, jsonPatch, applyConfiguration }) => {
        const isPatch = patchType === 'JSONPatch';
        return { isPatch, program: compile((isPatch ? jsonPatch?.expression : applyConfiguration?.expression) ?? '', isPatch ? 'JSON patch' : 'apply configuration') };
      }),
    }));
  }

  /** Throws ApiError where a policy fails: all that failed are named. */
  mutate(attributes: AdmissionAttributes, round: MutationRound): void {
    if (isExempt(attributes.resource)) return;
    const errors: PolicyError[] = [];
    const invocations = this.bound.all().flatMap((bound) => this.invocations(bound, attributes, errors));
    if (invocations.length > 0) this.invokeAll(invocations, attributes, round, errors);
    const [first] = errors;
    if (!first) return;
    const { details } = refuse(attributes, first.text, errors.map(({ text }) => ({ message: text })));
    throw new ApiError(403, first.reason ?? 'Forbidden', first.text, details);
  }

  private invocations(bound: Bound, attributes: AdmissionAttributes, errors: PolicyError[]): Invocation[] {
    const { policy, criteria } = bound;
    const { webhooks, reader } = this.dependencies;
    const misconfigured = (error: unknown, binding?: MutatingAdmissionPolicyBinding): Invocation[] => {
      if (!(error instanceof ConfigurationProblem) && !(error instanceof ApiError)) throw error;
      fail(errors, policy, binding, `failed to configure ${binding ? 'binding' : 'policy'}: ${error.message}`);
      return [];
    };
    let as: EquivalentResource | undefined;
    let source: ReturnType<typeof paramSource>;
    try {
      as = matchResources(criteria, attributes, webhooks);
      if (!as) return [];
      source = paramSource(policy.spec.paramKind, webhooks);
    } catch (error) {
      return misconfigured(error);
    }
    const found = as;
    return bound.bindings.flatMap(({ binding, criteria: limits }) => {
      try {
        if (limits && !matchResources(limits, attributes, webhooks)) return [];
        return collectParams(source, binding.spec.paramRef, attributes.namespace, reader).map((params) => ({ bound, binding, as: found, params }));
      } catch (error) {
        return misconfigured(error, binding);
      }
    });
  }

  private invokeAll(invocations: readonly Invocation[], attributes: AdmissionAttributes, round: MutationRound, errors: PolicyError[]): void {
    let memory = round.memory.get(NAME) as Memory | undefined;
    if (!memory) round.memory.set(NAME, (memory = { invoked: new Set(), due: new Set(), output: undefined }));
    if (round.isSecond && memory.output !== JSON.stringify(attributes.object)) requireAll(memory);
    const namespace = namespaceOf(attributes);
    for (const invocation of invocations) {
      const { policy } = invocation.bound;
      const key = [policy, invocation.binding, invocation.params].map((one) => `${one?.metadata.namespace ?? ''}/${one?.metadata.name ?? ''}`).join(' ');
      const changed = this.invoke(invocation, attributes, namespace, !round.isSecond || memory.due.has(key), errors);
      if (changed === undefined) continue;
      if (changed) {
        requireAll(memory);
        round.again();
      }
      if (policy.spec.reinvocationPolicy === 'IfNeeded') memory.invoked.add(key);
    }
    memory.output = JSON.stringify(attributes.object);
  }

  /** Whether the object has changed; undefined where the policy was not asked. */
  private invoke({ bound, binding, as, params }: Invocation, attributes: AdmissionAttributes, namespace: KubeObject | undefined, due: boolean, errors: PolicyError[]): boolean | undefined {
    const { policy, programs } = bound;
    const { webhooks, authorizer = allowEverything } = this.dependencies;
    const { variables } = programs;
    let shown = shownAs(as, attributes, webhooks);
    if (programs.conditions.length > 0) {
      const holds = conditionsHold(programs.conditions, new Activation({ attributes, shown, authorizer, params, variables, budget: new Budget(CONDITIONS_BUDGET) }));
      if (holds instanceof Error) fail(errors, policy, binding, holds.message, 'Invalid');
      if (holds !== true) return undefined;
    }
    if (!due) return undefined;
    const before = shown.object;
    for (const { program, isPatch } of programs.mutations) {
      if (!shown.object) continue;
      try {
        if (!program.program) throw new MutationProblem(program.problem);
        const value = new Activation({ attributes, shown, authorizer, params, variables, namespace, budget: new Budget(BUDGET) }).evaluate(program);
        if (value instanceof EvaluationProblem) throw new MutationProblem(value.message);
        const change = isPatch ? patched(shown.object, value) : configured(shown.object, value, shown.as.kind, webhooks);
        if (change) shown = { ...shown, object: decodePatched(change, shown.as.kind, isPatch, webhooks) };
      } catch (error) {
        if (!(error instanceof MutationProblem) && !(error instanceof OutOfBudget)) throw error;
        fail(errors, policy, binding, error.message, 'Invalid');
      }
    }
    if (!before || !shown.object || shown.object === before || !attributes.object) return false;
    if (deepEqual(webhooks.inOrder(shown.as.kind, shown.object), before)) return false;
    replaceContent(attributes.object, shown.as.toRequest(shown.object));
    return true;
  }
}

function requireAll(memory: Memory): void {
  for (const key of memory.invoked) memory.due.add(key);
  memory.invoked.clear();
}

function fail(errors: PolicyError[], { metadata, spec }: MutatingAdmissionPolicy, binding: MutatingAdmissionPolicyBinding | undefined, why: string, reason?: string): void {
  if (spec.failurePolicy === 'Ignore') return;
  const by = binding ? `policy '${metadata.name}' with binding '${binding.metadata.name}'` : `policy ${JSON.stringify(metadata.name)}`;
  errors.push({ text: `${by} denied request: ${why}`, reason });
}
