import { X509Certificate } from 'node:crypto';
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.js';
import { timeMs } from '../../api/time.js';

const HOUR_MS = 3_600_000;
/** How long requests are kept that somebody has decided about, and that nobody has. */
const DECIDED_MS = HOUR_MS;
const PENDING_MS = 24 * HOUR_MS;

/** Milliseconds after which a request is deleted: one that was decided, is out of date, or that nobody cares for. Pure. */
export function cleanAfterMs({ metadata, status }: CertificateSigningRequest): number | undefined {
  const conditions = status?.conditions ?? [];
  const deadlines: Array<number | undefined> = [];
  const add = (time: string | undefined, keepMs: number): void => {
    const at = timeMs(time);
    deadlines.push(at === undefined ? undefined : at + keepMs);
  };
  if (conditions.length === 0) add(metadata.creationTimestamp, PENDING_MS);
  for (const { type, lastUpdateTime } of conditions) {
    if (type === 'Denied' || type === 'Failed') add(lastUpdateTime, DECIDED_MS);
    if (type !== 'Approved') continue;
    add(lastUpdateTime, status?.certificate ? DECIDED_MS : PENDING_MS);
    if (status?.certificate) deadlines.push(endOfCertificate(status.certificate));
  }
  const known = deadlines.filter((deadline) => deadline !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** When a certificate (PEM in base64) ends to be valid; undefined for what is none. */
function endOfCertificate(certificate: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo);
  } catch {
    return undefined;
  }
}
