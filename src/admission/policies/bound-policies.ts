import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../../api/types/admissionregistration-v1.js';
import type { Entry } from '../../storage/types.js';
import type { Reader } from '../../watch/types.js';
import type { Compiled } from '../expressions/activation.js';
import { compiled } from '../expressions/conditions.js';
import type { ExpressionResult, Scope } from '../expressions/compiler.js';
import { type Criteria, criteriaOf } from './match.js';

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

export interface BoundPolicy<P extends Policy, B extends Binding, E> {
  readonly policy: P;
  readonly criteria: Criteria;
  readonly programs: E;
  readonly bindings: ReadonlyArray<{ readonly binding: B; readonly criteria: Criteria | undefined }>;
}

/** What all policies have compiled. */
export interface CommonPrograms {
  readonly conditions: readonly Compiled[];
  readonly variables: ReadonlyMap<string, Compiled>;
}

/** Compiles expressions of a policy. */
export type Compile = (expression: string, result: ExpressionResult, options?: { readonly hasAuthorizer: boolean }) => Compiled;

/**
 * Policies of one sort with the bindings that name them, both by name. Those without bindings are not there. Policies are compiled once,
 * and again when they have changed.
 */
export class BoundPolicies<P extends Policy, B extends Binding, E> {
  private policies: readonly Entry[] | undefined;
  private bindings: readonly Entry[] | undefined;
  private bound: ReadonlyArray<BoundPolicy<P, B, E>> = [];
  private readonly programs = new WeakMap<object, E>();

  constructor(
    private readonly reader: Reader,
    private readonly prefixes: { readonly policies: string; readonly bindings: string },
    private readonly compilePolicy: (policy: P, common: CommonPrograms, compile: Compile) => E,
  ) {}

  all(): ReadonlyArray<BoundPolicy<P, B, E>> {
    const { entries: policies } = this.reader.list(this.prefixes.policies);
    const { entries: bindings } = this.reader.list(this.prefixes.bindings);
    if (policies === this.policies && bindings === this.bindings) return this.bound;
    const byPolicy = new Map<string, Array<{ binding: B; criteria: Criteria | undefined }>>();
    for (const { object } of bindings) {
      const binding = object as B;
      const { policyName = '', matchResources } = binding.spec;
      const named = byPolicy.get(policyName) ?? [];
      byPolicy.set(policyName, named);
      named.push({ binding, criteria: matchResources && criteriaOf(matchResources) });
    }
    this.bound = policies.flatMap(({ object }) => {
      const policy = object as P;
      const own = byPolicy.get(policy.metadata.name);
      return own ? [{ policy, criteria: criteriaOf(policy.spec.matchConstraints ?? {}), programs: this.programsOf(policy), bindings: own }] : [];
    });
    [this.policies, this.bindings] = [policies, bindings];
    return this.bound;
  }

  private programsOf(policy: P): E {
    let programs = this.programs.get(policy);
    if (!programs) this.programs.set(policy, (programs = this.compile(policy)));
    return programs;
  }

  private compile(policy: P): E {
    const { paramKind, variables = [], matchConditions = [] } = policy.spec;
    const base = { hasParams: paramKind !== undefined, hasAuthorizer: true };
    const scope = { ...base, variables: { of: variables, count: variables.length } };
    const compile: Compile = (expression, result, options) => compiled(expression, { ...scope, ...options, result } satisfies Scope);
    const common: CommonPrograms = {
      conditions: matchConditions.map(({ expression }) => compile(expression, 'bool')),
      variables: new Map(variables.map(({ name, expression }, i) => [name, compiled(expression, { ...base, variables: { of: variables, count: i }, result: 'any' })])),
    };
    return this.compilePolicy(policy, common, compile);
  }
}

/** Configurations of admission itself are not subject to policies, nor are questions that are answered and not stored. */
export function isExempt({ group, resource }: { readonly group: string; readonly resource: string }): boolean {
  if (group === 'admissionregistration.k8s.io') return /^(validating|mutating)admissionpolic(ies|ybindings)$/.test(resource);
  return group === 'authentication.k8s.io' || group === 'authorization.k8s.io';
}
