import { ApiError, notFound } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Validation } from '../../api/types/admissionregistration-v1.js';
import { Activation, BUDGET, Budget, type Compiled, CONDITIONS_BUDGET, EvaluationProblem, OutOfBudget } from '../expressions/activation.js';
import { conditionsHold } from '../expressions/conditions.js';
import { refuse } from '../refuse.js';
import type { AdmissionAttributes } from '../types.js';
import { allowEverything, shownAs, type WebhookDependencies } from '../webhooks/invoke.js';
import type { EquivalentResource } from '../webhooks/environment.js';
import type { Shown } from '../webhooks/review.js';
import { BoundPolicies, type BoundPolicy, type CommonPrograms, isExempt } from './bound-policies.js';
import { matchResources } from './match.js';
import { collectParams, ConfigurationProblem, paramSource } from './params.js';

/** ValidatingAdmissionPolicies at work: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ */

const MESSAGE_MAX = 5 * 1024;

interface Programs extends CommonPrograms {
  readonly validations: ReadonlyArray<{ readonly validation: Validation; readonly check: Compiled; readonly message: Compiled | undefined }>;
  readonly annotations: readonly Compiled[];
}

type Bound = BoundPolicy<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Programs>;

interface Denial {
  readonly text: string;
  readonly reason: string;
}

interface Decision {
  readonly message: string;
  readonly reason: string;
  /** Whatever the binding's actions are. */
  readonly always?: boolean;
}

const CODES: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413, Invalid: 422 };

export class ValidatingPolicies {
  private readonly bound: BoundPolicies<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Programs>;

  constructor(
    private readonly dependencies: WebhookDependencies,
    prefixes: { readonly policies: string; readonly bindings: string },
  ) {
    this.bound = new BoundPolicies(dependencies.reader, prefixes, ({ spec }, common, compile) => ({
      ...common,
      validations: (spec.validations ?? []).map((validation) => ({
        validation,
        check: compile(validation.expression, 'bool'),
        message: validation.messageExpression ? compile(validation.messageExpression, 'string', { hasAuthorizer: false }) : undefined,
      })),
      annotations: (spec.auditAnnotations ?? []).map(({ valueExpression }) => compile(valueExpression, 'string or null')),
    }));
  }

  /** Throws ApiError for what a policy denies: the first denial is told. */
  validate(attributes: AdmissionAttributes): void {
    if (isExempt(attributes.resource)) return;
    let first: Denial | undefined;
    for (const bound of this.bound.all()) for (const denial of this.denials(bound, attributes)) first ??= denial;
    if (!first) return;
    const { details, message } = refuse(attributes, first.text, [{ message: first.text }]);
    throw new ApiError(CODES[first.reason] ?? 422, first.reason, message, details);
  }

  private denials(bound: Bound, attributes: AdmissionAttributes): Denial[] {
    const { policy, criteria } = bound;
    const name = `ValidatingAdmissionPolicy '${policy.metadata.name}'`;
    const misconfigured = (what: string, by: string, error: unknown): Denial[] => {
      if (!(error instanceof ConfigurationProblem) && !(error instanceof ApiError)) throw error;
      return policy.spec.failurePolicy === 'Ignore' ? [] : [{ text: `${by} denied request: failed to configure ${what}: ${error.message}`, reason: 'Invalid' }];
    };
    let as: EquivalentResource | undefined;
    let source;
    try {
      as = matchResources(criteria, attributes, this.dependencies.webhooks);
      if (!as) return [];
      source = paramSource(policy.spec.paramKind, this.dependencies.webhooks);
    } catch (error) {
      return misconfigured('policy', name, error);
    }
    // Converted when the first binding wants it.
    const matched = as;
    let made: Shown | undefined;
    const shown = (): Shown => (made ??= shownAs(matched, attributes, this.dependencies.webhooks));
    return bound.bindings.flatMap(({ binding, criteria: limits }) => {
      const by = `${name} with binding '${binding.metadata.name}'`;
      let params: ReadonlyArray<KubeObject | undefined>;
      try {
        if (limits && !matchResources(limits, attributes, this.dependencies.webhooks)) return [];
        params = collectParams(source, binding.spec.paramRef, attributes.namespace, this.dependencies.reader);
      } catch (error) {
        return misconfigured('binding', by, error);
      }
      const namespace = namespaceOf(attributes);
      return params
        .flatMap((param) => this.decisions(bound, attributes, shown(), param, namespace))
        .flatMap((decision) => this.act(decision, binding, policy, by, attributes));
    });
  }

  private act({ message, reason, always }: Decision, binding: ValidatingAdmissionPolicyBinding, policy: ValidatingAdmissionPolicy, by: string, attributes: AdmissionAttributes): Denial[] {
    const actions = always ? ['Deny'] : (binding.spec.validationActions ?? []);
    if (actions.includes('Warn')) attributes.warn(`Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}': ${message}`);
    return actions.includes('Deny') ? [{ text: `${by} denied request: ${message}`, reason }] : [];
  }

  /** What one evaluation of a policy finds wrong. */
  private decisions({ policy, programs }: Bound, attributes: AdmissionAttributes, shown: Shown, params: KubeObject | undefined, namespace: KubeObject | undefined): Decision[] {
    const failed = (message: string, always = false): Decision[] => (policy.spec.failurePolicy === 'Ignore' ? [] : [{ message, reason: 'Invalid', always }]);
    const { variables } = programs;
    const authorizer = this.dependencies.authorizer ?? allowEverything;
    const activation = (budget: Budget, within = namespace): Activation => new Activation({ attributes, shown, authorizer, params, variables, namespace: within, budget });
    if (programs.conditions.length > 0) {
      const holds = conditionsHold(programs.conditions, activation(new Budget(CONDITIONS_BUDGET), undefined));
      if (holds instanceof Error) return failed(holds.message);
      if (!holds) return [];
    }
    try {
      const budget = new Budget(BUDGET);
      const checks = activation(budget);
      const results = programs.validations.map(({ check }) => checks.evaluate(check));
      const messages = this.messages(programs, activation(budget));
      const decisions = programs.validations.flatMap(({ validation }, i): Decision[] => {
        const result = results[i];
        if (result instanceof EvaluationProblem) return failed(result.message);
        if (messages instanceof OutOfBudget) return failed(`failed messageExpression: ${messages.message}`);
        return result === true ? [] : [{ message: messageOf(validation, messages[i]), reason: validation.reason ?? 'Invalid' }];
      });
      return [...decisions, ...this.annotationProblems(programs, activation(new Budget(BUDGET))).flatMap((problem) => failed(problem, true))];
    } catch (error) {
      if (error instanceof OutOfBudget) return failed(error.message);
      throw error;
    }
  }

  /** Messages are made whether they are needed or not, as they count for the budget. */
  private messages({ validations }: Programs, activation: Activation): ReadonlyArray<string | undefined> | OutOfBudget {
    try {
      return validations.map(({ message }) => {
        const value = message && activation.evaluate(message);
        return typeof value === 'string' ? value : undefined;
      });
    } catch (error) {
      if (error instanceof OutOfBudget) return error;
      throw error;
    }
  }

  private annotationProblems({ annotations }: Programs, activation: Activation): string[] {
    return annotations.flatMap((annotation) => {
      const value = activation.evaluate(annotation);
      return value instanceof EvaluationProblem ? [value.message] : [];
    });
  }
}

function messageOf({ message, expression }: Validation, made: string | undefined): string {
  const text = made?.trim() ?? '';
  if (text !== '' && Buffer.byteLength(text) <= MESSAGE_MAX && !text.includes('\n')) return text;
  return message?.trim() || `failed expression: ${expression.trim()}`;
}

/** The namespace of a write, which a namespace does not have. Throws 404 where it is not there. */
export function namespaceOf({ kind, namespace, reader }: AdmissionAttributes): KubeObject | undefined {
  if (namespace === '' || (kind.group === '' && kind.kind === 'Namespace')) return undefined;
  const found = reader.get(`core/namespaces/${namespace}`)?.object;
  if (!found) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  return found;
}
