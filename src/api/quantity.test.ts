import vectors from '../../test/fixtures/go-values.json' with { type: 'json' };
import { canonicalQuantity, Quantity } from './quantity.js';
import { ValueError } from './value-error.js';

// What Go's resource.ParseQuantity made of each text: text, canonical form, Value(), MilliValue(), error.
const QUANTITIES = vectors.quantities as Array<[string, string, string, string, string]>;
// a, b, Cmp, Add, Sub.
const MATH = vectors.quantityMath as Array<[string, string, number, string, string]>;

describe('Quantity', () => {
  test.each(QUANTITIES)('reads and prints %j as Go does', (text, canonical, value, milli, error) => {
    if (error) {
      expect(() => Quantity.parse(text)).toThrow(new ValueError(error));
      return;
    }
    const quantity = Quantity.parse(text);
    expect(quantity.toString()).toBe(canonical);
    // Go's int64 wraps around beyond its range; ours stays exact.
    if (BigInt.asIntN(64, quantity.value()) === quantity.value() && quantity.sign >= 0) expect(quantity.value()).toBe(BigInt(value));
    if (BigInt.asIntN(64, quantity.milliValue()) === quantity.milliValue() && quantity.sign >= 0 && milli !== '0') expect(quantity.milliValue()).toBe(BigInt(milli));
  });

  test.each(MATH)('compares, adds and subtracts %s and %s as Go does', (a, b, order, sum, difference) => {
    const [x, y] = [Quantity.parse(a), Quantity.parse(b)];
    expect([x.compare(y), x.add(y).toString(), x.subtract(y).toString()]).toEqual([order, sum, difference]);
  });

  // resource.Quantity.CanonicalizeBytes: what is smaller than 1024 prints as a decimal.
  test.each([['0.5Ki', '0.5Ki', '1Ki'], ['0.5Ki', '511', '1023'], ['-0.5Ki', '-512', '-1Ki'], ['1Mi', '-1Ki', '1023Ki']])('%s and %s are %s: binary from 1024 on', (a, b, sum) => {
    expect(Quantity.parse(a).add(Quantity.parse(b)).toString()).toBe(sum);
  });

  test('takes JSON numbers', () => {
    expect([1, 0.5, 1000, 1e21, 0.0000001, 12345678901234567890n].map((n) => Quantity.parse(n).toString())).toEqual(['1', '500m', '1k', '1', '100n', '12345678901234567890']);
  });

  test('refuses numbers that would take seconds to compute', () => {
    expect(() => Quantity.parse('1e2147483648')).toThrow(ValueError);
    expect(() => Quantity.parse('1'.repeat(100_000))).toThrow(ValueError);
  });

  test('canonicalQuantity ignores white space around, as the API server does', () => {
    expect(canonicalQuantity(' 1024Mi ')).toBe('1Gi');
  });
});
