/** Longest name of a manager, in bytes. */
const MAX_BYTES = 128;
/** What nearly all names are made of, a byte each. */
const PLAIN = /^[ -~]*$/;

/** The manager of a request without the fieldManager parameter: its user agent up to the first slash. */
export function managerFromUserAgent(userAgent: string): string {
  const slash = userAgent.indexOf('/');
  const given = slash < 0 ? userAgent : userAgent.slice(0, slash);
  if (PLAIN.test(given)) return given.slice(0, MAX_BYTES);
  let name = '';
  let bytes = 0;
  for (const char of given) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)) continue;
    bytes += Buffer.byteLength(char);
    if (bytes > MAX_BYTES) break;
    name += char;
  }
  return name;
}
