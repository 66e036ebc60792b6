import { join } from 'node:path';
import { ImageStore } from '../common/image-store.js';
import { normalizedName } from '../../images/image-reference.js';
import type { ImageCredentials, ImageService, ImageStatus } from '../../runtime.js';
import type { HostImage } from './host-image.js';
import { readLayout, unpackImage, type OciImage } from './oci-layout.js';

/** What containers find when neither the image nor the pod says otherwise. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The images of a node that runs processes: those of the layouts it was given, and any other name, which stands for the
 * host's own root file system. Nothing is fetched from anywhere.
 */
export class HostImageStore implements ImageService {
  private readonly named = new ImageStore();
  private readonly images = new Map<string, HostImage>();
  private known: Promise<ReadonlyMap<string, OciImage>> | undefined;

  constructor(
    private readonly layouts: readonly string[],
    private readonly folder: string,
  ) {}

  status(image: string): ImageStatus | undefined {
    return this.get(image)?.status;
  }

  /** The image by a name it was pulled under. */
  get(image: string): HostImage | undefined {
    const name = normalizedName(image);
    const found = this.images.get(name);
    if (found) return found;
    const status = this.named.status(image);
    return status && { status, rootFolder: undefined, entrypoint: [], cmd: [], env: [['PATH', DEFAULT_PATH]], workingDir: undefined, stopSignal: undefined };
  }

  async pull(image: string, credentials: readonly ImageCredentials[] = []): Promise<ImageStatus> {
    const name = normalizedName(image);
    const packed = (await (this.known ??= this.readLayouts())).get(name);
    if (!packed) return this.named.pull(image, credentials);
    const rootFolder = await unpackImage(packed, join(this.folder, 'images'));
    const repository = packed.name.replace(/:[^:/]*$/, '');
    const digest = `${repository}@${packed.digest}`;
    const { config } = packed;
    const [user = ''] = (config.User ?? '').split(':');
    const status: ImageStatus = {
      id: digest, name: packed.name, tags: [packed.name], digests: [digest], sizeBytes: packed.sizeBytes,
      ...(/^\d+$/.test(user) ? { uid: Number(user) } : user && user !== 'root' ? { username: user } : {}),
    };
    const env = (config.Env ?? []).map((text): readonly [string, string] => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
    this.images.set(name, {
      status, rootFolder, entrypoint: config.Entrypoint ?? [], cmd: config.Cmd ?? [],
      env: env.some(([variable]) => variable === 'PATH') ? env : [['PATH', DEFAULT_PATH], ...env],
      workingDir: config.WorkingDir || undefined, stopSignal: config.StopSignal || undefined,
    });
    return status;
  }

  list(): readonly ImageStatus[] {
    return [...[...this.images.values()].map(({ status }) => status), ...this.named.list()];
  }

  async remove(image: string): Promise<void> {
    this.images.delete(normalizedName(image));
    await this.named.remove(image);
  }

  private async readLayouts(): Promise<ReadonlyMap<string, OciImage>> {
    const all = await Promise.all(this.layouts.map((path) => readLayout(path, join(this.folder, 'layouts'))));
    return new Map(all.flat().map((image) => [image.name, image]));
  }
}
