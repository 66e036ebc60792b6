/** An image's name taken apart, as github.com/distribution/reference does. */
export interface ImageReference {
  /** Host of the registry, `docker.io` when the name has none. */
  readonly registry: string;
  /** Path in the registry; single names of docker.io are under `library/`. */
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** Pods of one workload ask for the same few names, many times each. */
const KNOWN_LIMIT = 500;
const known = new Map<string, ImageReference>();

/** Reads an image's name. Throws Error with the library's text, which kubectl shows as InvalidImageName. */
export function parseImageReference(image: string): ImageReference {
  const before = known.get(image);
  if (before) return before;
  const reference = parse(image);
  if (known.size >= KNOWN_LIMIT) known.clear();
  known.set(image, reference);
  return reference;
}

function parse(image: string): ImageReference {
  const fail = (why = 'invalid reference format'): never => {
    throw new Error(`couldn't parse image name ${JSON.stringify(image)}: ${why}`);
  };
  const [named = '', digest, ...more] = image.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) fail();
  if (/^[a-f0-9]{64}$/.test(image)) fail(`invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`);
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost' || first.toLowerCase() !== first;
  const registry = isHost ? first : 'docker.io';
  const rest = isHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) fail();
  if (path.toLowerCase() !== path && PATH.test(path.toLowerCase())) fail('invalid reference format: repository name (' + path + ') must be lowercase');
  if (!PATH.test(path) || !HOST.test(registry)) fail();
  const host = registry === 'index.docker.io' ? 'docker.io' : registry;
  return { registry: host, path: host === 'docker.io' && !path.includes('/') ? `library/${path}` : path, tag, digest };
}

/** The name with a default tag where it has neither tag nor digest, as the kubelet asks the runtime for it. */
export function withDefaultTag(image: string): string {
  const { tag, digest } = parseImageReference(image);
  return tag === undefined && digest === undefined ? `${image}:latest` : image;
}

/** `docker.io/library/nginx:latest`: how a container runtime names an image. A digest wins over a tag. */
export function normalizedName(image: string): string {
  const { registry, path, tag, digest } = parseImageReference(image);
  return `${registry}/${path}${digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`}`;
}
