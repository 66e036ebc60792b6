import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

const compress = promisify(gzip);

/** As k8s.io/apiserver reads it: "gzip" as a word of its own, weights are not looked at. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return acceptEncoding !== undefined && acceptEncoding.split(',').some((word) => word.trim() === 'gzip');
}

/** Compresses off the main thread, fast rather than small (the real server's level 1). */
export function gzipBody(chunks: readonly Buffer[]): Promise<Buffer> {
  return compress(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), { level: constants.Z_BEST_SPEED });
}
