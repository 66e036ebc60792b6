import { AUTHORITATIVE_ANSWER, decode, encode, RECURSION_AVAILABLE, RECURSION_DESIRED, type Answer } from 'dns-packet';
import { resolveAbsolute } from './dns.js';
import type { PodNetwork } from './pod-network.js';

const TTL_SECONDS = 5;
const NAME_ERROR = 3;
const REFUSED = 5;

/**
 * Answers a packet of the DNS protocol as the cluster's DNS does, for processes that speak it. Names outside the
 * cluster's domain are refused: nothing here asks other servers. Undefined for what is no question.
 */
export function answerQuestion(packet: Uint8Array, network: PodNetwork): Uint8Array | undefined {
  let query: ReturnType<typeof decode>;
  try {
    query = decode(Buffer.from(packet));
  } catch {
    return undefined;
  }
  const [question] = query.questions ?? [];
  if (query.type !== 'query' || !question) return undefined;
  const name = question.name.toLowerCase();
  const inside = name === network.clusterDomain || name.endsWith(`.${network.clusterDomain}`);
  const addresses = inside ? resolveAbsolute(name, network) : [];
  const answers: Answer[] = question.type === 'A' ? addresses.filter((ip) => !ip.includes(':')).map((data) => ({ type: 'A', name: question.name, ttl: TTL_SECONDS, data })) : [];
  const code = !inside ? REFUSED : addresses.length > 0 ? 0 : NAME_ERROR;
  return encode({
    type: 'response', id: query.id ?? 0, flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) | code, questions: [question], answers,
  });
}
