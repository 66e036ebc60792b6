import { AUTHORITATIVE_ANSWER, decode, encode, RECURSION_AVAILABLE, RECURSION_DESIRED, type Answer, type Packet } from 'dns-packet';
import { query, type DnsRecord, type DnsType } from './dns.js';
import type { PodNetwork } from './pod-network.js';

const TYPES: ReadonlySet<string> = new Set<DnsType>(['A', 'AAAA', 'CNAME', 'SRV', 'PTR', 'TXT']);
const NAME_ERROR = 3;

/**
 * Answers a packet of the DNS protocol as the cluster's DNS does, for processes that speak it. Names outside the
 * cluster do not exist: nothing here asks other servers. Undefined for what is no question.
 */
export function answerQuestion(packet: Uint8Array, network: PodNetwork): Uint8Array | undefined {
  let asked: Packet;
  try {
    asked = decode(Buffer.from(packet));
  } catch {
    return undefined;
  }
  const [question] = asked.questions ?? [];
  if (asked.type !== 'query' || !question) return undefined;
  // What the cluster has no records of (MX, …) is asked for as one that it has none of either: the name alone counts.
  const type = TYPES.has(question.type) ? (question.type as DnsType) : undefined;
  const { status, answers, additional } = query(question.name, type ?? 'TXT', network);
  return encode({
    type: 'response',
    id: asked.id ?? 0,
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | ((asked.flags ?? 0) & RECURSION_DESIRED) | (status === 'NXDOMAIN' ? NAME_ERROR : 0),
    questions: [question],
    answers: type === undefined ? [] : answers.map(record),
    additionals: additional.map(record),
  });
}

/** A record in the packet library's form. */
function record({ name, type, ttl, data }: DnsRecord): Answer {
  switch (type) {
    case 'SRV': {
      const [priority = 0, weight = 0, port = 0] = data.split(' ').map(Number);
      return { name, type, ttl, data: { priority, weight, port, target: withoutDot(data.split(' ')[3] ?? '') } };
    }
    case 'CNAME':
    case 'PTR':
      return { name, type, ttl, data: withoutDot(data) };
    case 'TXT':
      return { name, type, ttl, data: data.replaceAll(/^"|"$/g, '') };
    case 'A':
    case 'AAAA':
      return { name, type, ttl, data };
  }
}

function withoutDot(name: string): string {
  return name.replace(/\.$/, '');
}
