import { expand } from './expansion.js';

describe('references to variables', () => {
  const values: Record<string, string> = { A: '1', B_2: '$(A)', EMPTY: '' };
  const lookup = (name: string): string | undefined => (Object.hasOwn(values, name) ? values[name] : undefined);

  test.each([
    ['plain', 'plain'],
    ['$(A)', '1'],
    ['x$(A)y$(A)', 'x1y1'],
    ['$(B_2)', '$(A)'],
    ['$(EMPTY)|', '|'],
    ['$(NOPE)', '$(NOPE)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$1'],
    ['$$', '$'],
    ['$', '$'],
    ['a$', 'a$'],
    ['$A', '$A'],
    ['$(A', '$(A'],
    ['$()', '$()'],
    ['$(__proto__)', '$(__proto__)'],
  ])('%j becomes %j', (text, expected) => {
    expect(expand(text, lookup)).toBe(expected);
  });
});
