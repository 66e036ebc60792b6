import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JSONSchemaProps } from '../api/types/apiextensions-v1.js';
import { CompileError, Environment, EvalError, fromJson, types } from './index.js';
import { schemaType } from './schema-type.js';

interface Fixture {
  readonly schema: JSONSchemaProps;
  readonly object: object;
  readonly refused: ReadonlyArray<{ readonly expression: string; readonly text: string }>;
  readonly values: ReadonlyArray<{ readonly expression: string; readonly text: string }>;
}

/** Asked of a real server: test/support/record-cel.mjs. */
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, '../../test/fixtures/cel.json'), 'utf8')) as Fixture;
const self = schemaType(fixture.schema, true);
if (!self) throw new Error('no type');
const environment = new Environment({ variables: { self } });
const object = { apiVersion: 'x/v1', kind: 'Values99', metadata: { name: 'x' }, ...fixture.object };

test.each(fixture.refused)('$expression is refused as by the real server', ({ expression, text }) => {
  let message = 'accepted';
  try {
    environment.compile(expression);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    message = error.message;
  }
  expect(message).toBe(text);
});

test.each(fixture.values)('$expression gives what the real server says', ({ expression, text }) => {
  let result: unknown;
  try {
    result = environment.compile(expression, [types.STRING]).evaluate({ self: fromJson(object, self) }).value;
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    result = '(fails)';
  }
  expect(result).toBe(text);
});

test.each([['chain', `self${'.a'.repeat(20_000)}`], ['sum', Array.from({ length: 20_000 }, () => '1').join(' + ')], ['brackets', '('.repeat(20_000)]])('an expression that nests too deep is refused: a %s', (_what, expression) => {
  expect(() => environment.compile(expression)).toThrow('expression recursion limit exceeded: 250');
});

test('work without end is stopped', () => {
  const program = environment.compile('lists.range(2000).all(x, lists.range(2000).all(y, x + y >= 0))');
  expect(() => program.evaluate({})).toThrow('operation cancelled: actual cost limit exceeded');
});

test('a regular expression that others take for ever for is quick', () => {
  const program = environment.compile('self.s.matches("^(a+)+$")');
  expect(program.evaluate({ self: fromJson({ s: `${'a'.repeat(5000)}b` }, self) }).value).toBe(false);
});
