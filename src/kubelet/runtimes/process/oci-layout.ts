import { createReadStream, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { normalizedName } from '../../images/image-reference.js';
import { RuntimeError } from '../../runtime.js';

interface Descriptor {
  readonly mediaType?: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture: string; readonly os: string };
}

interface Index {
  readonly manifests: readonly Descriptor[];
}

interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** The parts of an image's configuration that a runtime uses (OCI image specification, config.md). */
export interface OciConfig {
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Env?: readonly string[] | null;
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly StopSignal?: string;
}

/** An image in a layout on disk. */
export interface OciImage {
  readonly layout: string;
  /** The normalized name, with a tag. */
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly config: OciConfig;
  readonly layers: readonly Descriptor[];
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386', ppc64: 'ppc64le', s390x: 's390x', riscv64: 'riscv64' };
const NAME = 'io.containerd.image.name';
const REFERENCE = 'org.opencontainers.image.ref.name';
/** How a layer says that a file, or all that was in a folder, is gone (image-spec layer.md). */
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * The images of an OCI image layout: a folder, or a tar archive of one (as `docker save`, `skopeo copy … oci:` and
 * `buildah push … oci:` write them). An archive is unpacked into `scratch` once.
 * Throws RuntimeError with what is wrong with the layout.
 */
export async function readLayout(path: string, scratch: string): Promise<readonly OciImage[]> {
  if (!existsSync(path)) throw new RuntimeError(`the image layout ${path} does not exist`);
  const layout = statSync(path).isDirectory() ? path : await unpackArchive(path, scratch);
  if (!existsSync(join(layout, 'index.json'))) throw new RuntimeError(`${path} is no OCI image layout: it has no index.json`);
  const index = readJson<Index>(join(layout, 'index.json'));
  const images: OciImage[] = [];
  for (const descriptor of index.manifests) {
    const chosen = choose(layout, descriptor);
    if (!chosen) continue;
    const manifest = readJson<Manifest>(blob(layout, chosen.digest));
    const { config = {} } = readJson<{ config?: OciConfig }>(blob(layout, manifest.config.digest));
    images.push({ layout, name: imageName(descriptor, path), digest: descriptor.digest, sizeBytes: manifest.layers.reduce((sum, layer) => sum + layer.size, 0), config, layers: manifest.layers });
  }
  return images;
}

/** Unpacks an image's layers into a folder, one over the other. An image is unpacked once; the folder's name follows from its digest. */
export async function unpackImage({ layout, digest, layers, name }: OciImage, imagesFolder: string): Promise<string | undefined> {
  if (layers.length === 0) return undefined;
  const target = join(imagesFolder, digest.replace(':', '-'));
  if (existsSync(target)) return target;
  mkdirSync(imagesFolder, { recursive: true, mode: 0o700 });
  const partial = mkdtempSync(join(imagesFolder, 'partial-'));
  try {
    for (const layer of layers) await applyLayer(blob(layout, layer.digest), layer.mediaType ?? '', partial);
    // Whoever unpacked the same image meanwhile has won.
    if (!existsSync(target)) renameSync(partial, target);
  } catch (error) {
    throw new RuntimeError(`failed to pull and unpack image "${name}": ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return target;
}

async function applyLayer(file: string, mediaType: string, root: string): Promise<void> {
  if (mediaType.endsWith('+zstd')) throw new Error('layers compressed with zstd are not supported: convert the layout to gzip');
  const { extract } = await import('tar');
  const source = createReadStream(file);
  const unpack = extract({
    cwd: root,
    preserveOwner: false,
    filter: (path, entry) => {
      if (basename(path).startsWith(WHITEOUT)) {
        hide(root, path);
        return false;
      }
      // Devices can't be made by ordinary users, and containers get their own.
      return !('type' in entry) || !['CharacterDevice', 'BlockDevice', 'FIFO'].includes(entry.type);
    },
  });
  await (mediaType.endsWith('gzip') ? pipeline(source, createGunzip(), unpack) : pipeline(source, unpack));
}

/** Removes what a lower layer had. Whiteouts stand before the entries of their own layer (layer.md asks for that). */
function hide(root: string, path: string): void {
  const folder = join(root, dirname(path));
  const name = basename(path);
  if (!isRealFolder(root, dirname(path))) return;
  if (name === OPAQUE) for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true, force: true });
  else rmSync(join(folder, name.slice(WHITEOUT.length)), { recursive: true, force: true });
}

/** Whether a relative path leads to a folder below the root without a link on its way out. */
function isRealFolder(root: string, path: string): boolean {
  let at = root;
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') return false;
    at = join(at, part);
    if (!existsSync(at) || !lstatSync(at).isDirectory()) return false;
  }
  return true;
}

/** The manifest for this machine: of an index of several platforms the one that fits. */
function choose(layout: string, descriptor: Descriptor): Descriptor | undefined {
  if (!descriptor.mediaType?.includes('index') && !descriptor.mediaType?.includes('manifest.list')) return fits(descriptor) ? descriptor : undefined;
  return readJson<Index>(blob(layout, descriptor.digest)).manifests.find(fits);
}

function fits({ platform }: Descriptor): boolean {
  return platform === undefined || (platform.os === 'linux' && platform.architecture === (ARCHITECTURES[process.arch] ?? process.arch));
}

function imageName({ annotations = {} }: Descriptor, path: string): string {
  const reference = annotations[NAME] ?? annotations[REFERENCE];
  if (reference !== undefined && /[/:]/.test(reference)) return normalizedName(reference);
  const name = basename(path).replace(/\.(tar|oci|tgz)$/i, '').toLowerCase();
  return normalizedName(`${name}:${reference ?? 'latest'}`);
}

async function unpackArchive(path: string, scratch: string): Promise<string> {
  const { extract } = await import('tar');
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(scratch, 'layout-'));
  try {
    await extract({ file: path, cwd: folder, preserveOwner: false });
  } catch (error) {
    throw new RuntimeError(`cannot read the image archive ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return folder;
}

/** The file of a blob. Throws for a digest that is none (it would be part of a path). */
function blob(layout: string, digest: string): string {
  const [, algorithm, hash] = /^(sha256|sha512):([0-9a-f]{64,128})$/.exec(digest) ?? [];
  if (algorithm === undefined || hash === undefined) throw new RuntimeError(`invalid digest ${JSON.stringify(digest)} in the image layout ${layout}`);
  return join(layout, 'blobs', algorithm, hash);
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    throw new RuntimeError(`cannot read ${file} of an image layout: ${error instanceof Error ? error.message : String(error)}`);
  }
}
