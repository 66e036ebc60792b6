import { badRequest } from '../../../api/errors.js';
import { quote } from '../../../api/field.js';

/** Query parameters as k8s.io/apimachinery/pkg/runtime reads them into options of subresources. */

const INT64_MAX = 2n ** 63n;

/** Absent is false; anything but `false` and `0` is true. */
export function booleanParameter(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** Throws ApiError 400 with Go's text for what is no 64-bit integer. */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (value >= INT64_MAX || value < -INT64_MAX) throw badRequest(`strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  return Number(value);
}
