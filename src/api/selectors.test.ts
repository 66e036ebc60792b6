import vectors from '../../test/fixtures/go-values.json' with { type: 'json' };
import { ApiError } from './errors.js';
import { parseFieldSelector } from './field-selector.js';
import { labelMatcherFromSet, LabelMatcher, labelMatcherOf, parseLabelSelector } from './label-selector.js';

// What Go's labels.Parse and fields.ParseSelector made of each text: text, canonical form, error.
const LABELS = vectors.labels as Array<[string, string, string]>;
const FIELDS = vectors.fields as Array<[string, string, string]>;

function check(parse: (text: string) => { toString(): string }, [text, canonical, error]: [string, string, string]): void {
  if (error) expect(() => parse(text)).toThrow(new ApiError(400, 'BadRequest', error));
  else expect(parse(text).toString()).toBe(canonical);
}

describe('label selectors', () => {
  test.each(LABELS)('parses %j as Go does', (...row) => check(parseLabelSelector, row));

  test.each([
    ['a=1', { a: '1' }, true],
    ['a=1', { a: '2' }, false],
    ['a=1', {}, false],
    ['a!=1', {}, true],
    ['a notin (1,2)', { a: '2' }, false],
    ['a in (1,2),!b', { a: '2' }, true],
    ['a in (1,2),!b', { a: '2', b: '' }, false],
    ['a', { a: '' }, true],
    ['a>5', { a: '10' }, true],
    ['a>5', { a: '5' }, false],
    ['a<5', { a: 'x' }, false],
    ['a<5', { a: '-9223372036854775809' }, false],
    ['constructor', {}, false],
    ['', undefined, true],
  ] as Array<[string, Record<string, string> | undefined, boolean]>)('%j on %j is %j', (selector, labels, expected) => {
    expect(parseLabelSelector(selector).matches(labels)).toBe(expected);
  });

  test('an absent LabelSelector selects nothing, an empty one everything', () => {
    expect(labelMatcherOf(undefined)).toBe(LabelMatcher.nothing);
    expect(labelMatcherOf({}).empty).toBe(true);
    expect(LabelMatcher.nothing.matches({ a: '1' })).toBe(false);
  });

  test('matchExpressions and matchLabels join by "and"', () => {
    const matcher = labelMatcherOf({ matchLabels: { tier: 'web' }, matchExpressions: [{ key: 'env', operator: 'In', values: ['b', 'a'] }, { key: 'x', operator: 'DoesNotExist' }] });
    expect(matcher.toString()).toBe('env in (a,b),tier=web,!x');
    expect(matcher.matches({ tier: 'web', env: 'a' })).toBe(true);
    expect(matcher.valuesOf('env')).toEqual(['b', 'a']);
    expect(matcher.valuesOf('x')).toBeUndefined();
  });

  test('an unknown operator is refused', () => {
    expect(() => labelMatcherOf({ matchExpressions: [{ key: 'a', operator: 'Like' }] })).toThrow('"Like" is not a valid label selector operator');
  });

  test('a plain map pins every label', () => {
    expect(labelMatcherFromSet({ b: '1', a: '2' }).toString()).toBe('a=2,b=1');
    expect(labelMatcherFromSet(undefined).empty).toBe(true);
  });
});

describe('field selectors', () => {
  test.each(FIELDS)('parses %j as Go does', (...row) => check(parseFieldSelector, row));

  test('matches by the fields asked for; an absent one counts as empty', () => {
    const matcher = parseFieldSelector('metadata.name=a,spec.nodeName!=');
    expect(matcher.matches((f) => ({ 'metadata.name': 'a', 'spec.nodeName': 'n' })[f])).toBe(true);
    expect(matcher.matches((f) => ({ 'metadata.name': 'a' })[f])).toBe(false);
    expect(matcher.valueOf('metadata.name')).toBe('a');
    expect(matcher.valueOf('spec.nodeName')).toBeUndefined();
  });
});
