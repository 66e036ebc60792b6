import type { AdmissionAttributes } from '../types.js';
import type { EquivalentResource } from '../webhooks/environment.js';
import { Activation, Budget, BUDGET, EvaluationProblem, OutOfBudget } from './activation.js';
import { compiled } from './conditions.js';

const attributes = {
  operation: 'CREATE',
  kind: { group: '', version: 'v1', kind: 'ConfigMap' },
  resource: { group: '', version: 'v1', resource: 'configmaps' },
  subresource: '',
  namespace: 'default',
  name: 'one',
  user: { name: 'somebody', groups: [] },
  dryRun: false,
} as unknown as AdmissionAttributes;
const as: EquivalentResource = { resource: attributes.resource, kind: attributes.kind, fromRequest: (object) => object, toRequest: (object) => object };

function evaluate(expression: string, variables: ReadonlyArray<{ readonly name: string; readonly expression: string }> = [], budget = BUDGET): unknown {
  const scope = { hasParams: false, hasAuthorizer: true } as const;
  const programs = new Map(variables.map(({ name, expression: text }, i) => [name, compiled(text, { ...scope, result: 'any', variables: { of: variables, count: i } })]));
  const activation = new Activation({ attributes, shown: { as, object: undefined, oldObject: undefined }, authorizer: () => ({ allowed: true }), variables: programs, budget: new Budget(budget) });
  return activation.evaluate(compiled(expression, { ...scope, result: 'bool', variables: { of: variables, count: variables.length } }));
}

test('variables are evaluated once, however often they are named', () => {
  const work = { name: 'work', expression: 'lists.range(30000).all(x, x >= 0)' };
  expect(evaluate(`${'variables.work && '.repeat(100)}true`, [work], 300_000)).toBe(true);
});

test('variables that name one another ever deeper fail, and bring nothing down', () => {
  const chain = Array.from({ length: 20_000 }, (_, i) => ({ name: `v${i}`, expression: i === 0 ? 'true' : `variables.v${i - 1} && true` }));
  expect(evaluate('variables.v19999', chain)).toBeInstanceOf(EvaluationProblem);
});

test('all expressions together may do so much work and no more', () => {
  expect(() => evaluate('lists.range(30000).all(x, x >= 0)', [], 10_000)).toThrow(OutOfBudget);
});

test('what there is nothing of has no fields, and has() says so', () => {
  expect(evaluate('has(object.metadata)')).toBe(false);
  expect(evaluate("object.metadata.name == 'x'")).toEqual(new EvaluationProblem("expression 'object.metadata.name == 'x'' resulted in error: no such key: metadata"));
});
