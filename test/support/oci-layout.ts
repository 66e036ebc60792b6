import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';

export interface LayoutImage {
  readonly name: string;
  readonly config: { readonly Entrypoint?: readonly string[]; readonly Cmd?: readonly string[]; readonly Env?: readonly string[]; readonly WorkingDir?: string; readonly User?: string };
  /** Folders whose content becomes a layer each, the lowest first. */
  readonly layers?: readonly string[];
}

/** Writes an OCI image layout with one image. Returns its folder. */
export function writeOciLayout(folder: string, { name, config, layers = [] }: LayoutImage): string {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const blob = (data: Buffer): { digest: string; size: number } => {
    const hash = createHash('sha256').update(data).digest('hex');
    writeFileSync(join(folder, 'blobs/sha256', hash), data);
    return { digest: `sha256:${hash}`, size: data.length };
  };
  const json = (value: unknown): { digest: string; size: number } => blob(Buffer.from(JSON.stringify(value)));
  const packed = layers.map((layer) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...blob(gzipSync(archive(layer))) }));
  const manifest = json({ schemaVersion: 2, config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...json({ os: 'linux', config }) }, layers: packed });
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', ...manifest, annotations: { 'org.opencontainers.image.ref.name': name } }] }));
  return folder;
}

/** Copies programs of the host, with the libraries they need, below a folder. */
export function copyPrograms(folder: string, programs: readonly string[]): void {
  for (const program of programs) {
    const libraries = [...spawnSync('ldd', [program], { encoding: 'utf8' }).stdout.matchAll(/(\/\S+)/g)].map(([path]) => path);
    for (const path of [program, ...libraries]) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      copyFileSync(path, join(folder, path));
    }
  }
}

/** A folder as a tar archive. */
export function archive(folder: string): Buffer {
  const out = join(dirname(folder), `${folder.replaceAll('/', '_')}.tar`);
  const { status, stderr } = spawnSync('tar', ['-cf', out, '-C', folder, '.'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(out);
}
