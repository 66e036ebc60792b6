import { constants, createGzip, type Gzip } from 'node:zlib';

/** As k8s.io/apiserver reads it: "gzip" as a word of its own, weights are not looked at. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return acceptEncoding !== undefined && acceptEncoding.split(',').some((word) => word.trim() === 'gzip');
}

/** Compresses beside the event loop, fast rather than small (the real server's level 1). */
export function createPacker(): Gzip {
  return createGzip({ level: constants.Z_BEST_SPEED });
}
