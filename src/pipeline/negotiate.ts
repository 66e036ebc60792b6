import { ApiError, notAcceptable } from '../api/errors.js';

/** Media types in which objects can be sent and received. */
export type Encoding = 'json' | 'yaml' | 'protobuf';

export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

const ACCEPTED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const ACCEPTED_PLAIN = 'application/json, application/yaml';

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
      if (equals > 0) parameters.set(part.slice(0, equals).toLowerCase(), part.slice(equals + 1).replace(/^"(.*)"$/, '$1'));
    }
    return { type: type.toLowerCase(), parameters, quality: Number(parameters.get('q') ?? 1) };
  });
  const sorted = clauses.toSorted((a, b) => b.quality - a.quality);
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(header, sorted);
  return sorted;
}

/**
 * Chooses the encoding of a reply by the Accept header. Throws 406 when nothing fits. Kinds that are no part of
 * Kubernetes' own API have no protobuf form: `hasProtobuf` false passes over clauses that ask for it.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 */
export function negotiate(accept: string | undefined, query: URLSearchParams, userAgent: string | undefined, hasProtobuf = true): Negotiated {
  const pretty = wantsPretty(query, userAgent);
  if (!accept || accept === '*/*') return { encoding: 'json', pretty, as: undefined, version: 'v1' };
  let typeFits = false;
  for (const clause of parseAccept(accept)) {
    const encoding = encodingOf(clause.type);
    if (!encoding || (encoding === 'protobuf' && !hasProtobuf)) continue;
    typeFits = true;
    const as = clause.parameters.get('as');
    if (as === undefined) {
      return { encoding, pretty: pretty || clause.parameters.get('pretty') === '1', as: undefined, version: 'v1' };
    }
    const version = clause.parameters.get('v') ?? '';
    const known = as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList';
    if (!known || clause.parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    // Tables have no protobuf form: such a clause is answered as JSON.
    return { encoding: as === 'Table' && encoding === 'protobuf' ? 'json' : encoding, pretty, as, version };
  }
  const accepted = hasProtobuf ? ACCEPTED : ACCEPTED_PLAIN;
  if (typeFits || !hasProtobuf) throw notAcceptable(`only the following media types are accepted: ${accepted}`);
  throw new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${accepted}`, {});
}

function encodingOf(type: string): Encoding | undefined {
  switch (type) {
    case 'application/json':
    case '*/*':
    case 'application/*':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    case 'application/vnd.kubernetes.protobuf':
      return 'protobuf';
    default:
      return undefined;
  }
}

/** People look at what curl, wget and browsers get: they are given indentation unless they ask for none. */
function wantsPretty(query: URLSearchParams, userAgent: string | undefined): boolean {
  const asked = query.get('pretty');
  if (asked !== null) return asked === '' || /^(1|t|true)$/i.test(asked);
  return userAgent !== undefined && /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent);
}

/** The encoding of a request's body; no Content-Type means JSON. Throws 415. */
export function bodyEncoding(contentType: string | undefined): Encoding {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  switch (type) {
    case '':
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
