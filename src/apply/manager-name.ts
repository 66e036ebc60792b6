/** Longest name of a manager, in bytes. */
const MAX_BYTES = 128;

/** The manager of a request without the fieldManager parameter: its user agent up to the first slash. */
export function managerFromUserAgent(userAgent: string): string {
  let name = '';
  let bytes = 0;
  for (const char of userAgent.split('/')[0] ?? '') {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)) continue;
    bytes += Buffer.byteLength(char);
    if (bytes > MAX_BYTES) break;
    name += char;
  }
  return name;
}
