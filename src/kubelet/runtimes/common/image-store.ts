import { createHash } from 'node:crypto';
import { normalizedName, parseImageReference } from '../../images/image-reference.js';
import { RuntimeError, type ImageCredentials, type ImageService, type ImageStatus } from '../../runtime.js';

const MEBIBYTE = 2 ** 20;

/** Sizes of well-known images, as their registries told in 2025. */
const SIZES: Readonly<Record<string, number>> = {
  'library/nginx': 62_960_551, 'library/busybox': 2_223_685, 'library/alpine': 3_802_452, 'library/httpd': 45_165_128,
  'library/redis': 52_545_226, 'library/ubuntu': 29_723_164, 'library/debian': 48_483_990, 'library/postgres': 154_900_000, pause: 320_448,
};

/**
 * The images of one node. Nothing is fetched: every name can be pulled, except from hosts that cannot exist
 * (`*.invalid`, RFC 2606). Digests and sizes follow from the name, so that they are the same on every node.
 */
export class ImageStore implements ImageService {
  private readonly images = new Map<string, ImageStatus>();

  status(image: string): ImageStatus | undefined {
    return this.images.get(normalizedName(image));
  }

  pull(image: string, _credentials: readonly ImageCredentials[] = []): Promise<ImageStatus> {
    const { registry } = parseImageReference(image);
    const name = normalizedName(image);
    const host = registry.replace(/:\d+$/, '');
    if (host.endsWith('.invalid')) {
      return Promise.reject(new RuntimeError(
        `failed to pull and unpack image "${name}": failed to resolve reference "${name}": failed to do request: Head "https://${registry}/v2/`
        + `${parseImageReference(image).path}/manifests/${name.split(/[:@]/).at(-1)}": dial tcp: lookup ${host}: no such host`));
    }
    const known = this.images.get(name);
    if (known) return Promise.resolve(known);
    const status = describe(image, name);
    this.images.set(name, status);
    return Promise.resolve(status);
  }

  list(): readonly ImageStatus[] {
    return [...this.images.values()];
  }

  remove(image: string): Promise<void> {
    this.images.delete(normalizedName(image));
    return Promise.resolve();
  }
}

function describe(image: string, name: string): ImageStatus {
  const { registry, path, digest } = parseImageReference(image);
  const hash = createHash('sha256').update(name);
  const bytes = hash.digest();
  const repoDigest = `${registry}/${path}@${digest ?? `sha256:${bytes.toString('hex')}`}`;
  const size = SIZES[path] ?? SIZES[path.slice(path.lastIndexOf('/') + 1)] ?? 5 * MEBIBYTE + (bytes.readUInt32BE(0) % (95 * MEBIBYTE));
  return { id: repoDigest, name: digest === undefined ? name : repoDigest, tags: digest === undefined ? [name] : [], digests: [repoDigest], sizeBytes: size };
}
