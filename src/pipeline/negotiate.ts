import { ApiError, notAcceptable } from '../api/errors.js';
import type { Kind } from '../registry/kind.js';
import type { ApiRequest } from './request.js';

/** Media types in which objects can be sent and received. */
export type Encoding = 'json' | 'yaml' | 'protobuf';

export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

const ACCEPTED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const STREAMS = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch';

/** How a client wants its answer. */
export interface Negotiated {
  readonly encoding: Encoding;
  readonly pretty: boolean;
  /** `as=` of the media type: a Table, or metadata only. */
  readonly as: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | undefined;
  /** 'v1' or 'v1beta1' of meta.k8s.io, for `as`. */
  readonly version: string;
}

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const cache = new Map<string, readonly Clause[]>();
const CACHE_MAX = 200;

/** The clauses of an Accept header, best first; the order of equals is kept. */
export function parseAccept(header: string): readonly Clause[] {
  const known = cache.get(header);
  if (known) return known;
  const clauses = header.split(',').map((text): Clause => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = new Map<string, string>();
    for (const part of rest) {
      const equals = part.indexOf('=');
      if (equals > 0) parameters.set(part.slice(0, equals).toLowerCase(), part.slice(equals + 1));
    }
    // As Go's goautoneg: a weight that is no number is none.
    return { type, parameters, quality: Number(parameters.get('q') ?? 1) || 0 };
  });
  const sorted = clauses.toSorted((a, b) => b.quality - a.quality);
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(header, sorted);
  return sorted;
}

/** What a route can send. */
export interface Offer {
  /** Kinds that are no part of Kubernetes' own API have no protobuf form; their metadata does. */
  readonly hasProtobuf?: boolean;
  /** Whether it also serves watches, which 406 then tells. */
  readonly streams?: boolean;
  /** Whether Tables and metadata alone can be had: a Status is always itself. */
  readonly transforms?: boolean;
  /** Whether there is a Table of it: of kinds that only answer, such as reviews, there is none. */
  readonly tables?: boolean;
  /** Whether there is a route of go-restful's, which refuses what is no media type of its own before anybody negotiates. */
  readonly routed?: boolean;
}

/** What a kind's own route can send. */
export function offerOf(kind: Pick<Kind, 'definition' | 'printer'> | undefined, verb?: string): Offer {
  return { hasProtobuf: kind === undefined || kind.definition !== undefined, tables: kind === undefined || kind.printer.columns.length > 0, streams: verb === 'list' || verb === 'watch' };
}

type Request = Pick<ApiRequest, 'headers' | 'query'>;

/**
 * Chooses the encoding of a reply by the Accept header. Throws ApiError 406 when nothing fits.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 */
export function negotiate({ headers, query }: Request, offer: Offer = {}): Negotiated {
  const accept = headers['accept'];
  const pretty = wantsPretty(query, headers['user-agent']);
  if (!accept || accept === '*/*') return { encoding: 'json', pretty, as: undefined, version: 'v1' };
  const clauses = parseAccept(accept);
  const { hasProtobuf = true, streams = false, routed = hasProtobuf && offer.transforms !== false } = offer;
  // Routes are found by the bare media types, and only built-in kinds have routes.
  if (routed && !clauses.some(({ type }) => type === '*/*' || ENCODINGS.has(type))) {
    throw new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${ACCEPTED}${streams ? `, ${STREAMS}` : ''}`, {});
  }
  for (const { type, parameters } of clauses) {
    for (const encoding of encodingsOf(type)) {
      if (!fits(encoding, parameters, offer)) continue;
      const as = parameters.get('as') as Negotiated['as'];
      return { encoding, pretty: pretty || parameters.get('pretty') === '1', as, version: parameters.get('v') ?? 'v1' };
    }
  }
  throw notAcceptable(`only the following media types are accepted: ${ACCEPTED}`);
}

/**
 * How a client wants the aggregated form of discovery; undefined when it does not ask for that.
 * Clauses that ask for anything else are passed over, whatever their weight (apiserver's DiscoveryEndpointRestrictions).
 */
export function negotiateAggregated({ headers, query }: Request): Pick<Negotiated, 'encoding' | 'pretty'> | undefined {
  const accept = headers['accept'];
  if (!accept?.includes('APIGroupDiscoveryList')) return undefined;
  const clause = parseAccept(accept).find(({ type, parameters }) => encodingsOf(type).length > 0 && AGGREGATED.every(([name, value]) => parameters.get(name) === value));
  const encoding = clause && encodingsOf(clause.type)[0];
  return encoding && { encoding, pretty: wantsPretty(query, headers['user-agent']) };
}

const AGGREGATED = [['g', 'apidiscovery.k8s.io'], ['v', 'v2'], ['as', 'APIGroupDiscoveryList']] as const;

/** Throws ApiError 406 for watches in an encoding that has no frames. */
export function checkStreams({ encoding }: Negotiated): void {
  if (encoding === 'yaml') throw notAcceptable(`only the following media types are accepted: ${STREAMS}`);
}

const ENCODINGS: ReadonlyMap<string, Encoding> = new Map(Object.entries(MEDIA_TYPES).map(([encoding, type]) => [type, encoding as Encoding]));
const ALL: readonly Encoding[] = [...ENCODINGS.values()];

function encodingsOf(type: string): readonly Encoding[] {
  if (type === '*/*' || type === 'application/*') return ALL;
  const encoding = ENCODINGS.get(type);
  return encoding ? [encoding] : [];
}

/** Whether a clause's parameters go with an encoding. */
function fits(encoding: Encoding, parameters: ReadonlyMap<string, string>, { hasProtobuf = true, transforms = true, tables = true }: Offer): boolean {
  const stream = parameters.get('stream') ?? '';
  if (stream !== '' && (stream !== 'watch' || encoding === 'yaml')) return false;
  if (!['', transforms ? 'v1' : ''].includes(parameters.get('sv') ?? '')) return false;
  const as = parameters.get('as');
  if (as === undefined && !parameters.has('g') && !parameters.has('v')) return hasProtobuf || encoding !== 'protobuf';
  const version = parameters.get('v');
  if (!transforms || parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return false;
  return as === 'Table' ? tables && encoding !== 'protobuf' : as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList';
}

/** People look at what curl, wget and browsers get: they are given indentation unless they ask for none. */
export function wantsPretty(query: URLSearchParams, userAgent: string | undefined): boolean {
  const asked = query.get('pretty');
  if (asked) return /^(1|t|true)$/i.test(asked);
  return userAgent !== undefined && /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent);
}

/** The encoding of a request's body; no Content-Type means JSON. Throws 415. */
export function bodyEncoding(contentType: string | undefined): Encoding {
  const type = contentType ? (contentType.split(';')[0] ?? '').trim().toLowerCase() : undefined;
  switch (type) {
    case undefined:
    case 'application/json':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    case 'application/vnd.kubernetes.protobuf':
      return 'protobuf';
    default:
      throw new ApiError(415, 'UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${ACCEPTED}`);
  }
}
