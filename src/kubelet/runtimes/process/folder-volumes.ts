import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readlinkSync, readdirSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Clock } from '../../../base/clock.js';
import { hostPathToMake, type HostFileKind } from '../common/host-path.js';
import { RuntimeError, type VolumeContent, type VolumeFile, type VolumeService } from '../../runtime.js';

/** The link to the files as they are now, and the name it is made under before it takes its place. */
const DATA = '..data';
const NEW_DATA = '..data_tmp';

/**
 * Volumes as folders of the host. Those with files (configMap, secret, projected, downwardAPI) are replaced as the
 * kubelet's atomic writer does it: a new folder, then one rename of the link `..data`; a reader sees all old or all new.
 */
export class FolderVolumes implements VolumeService {
  private readonly contents = new Map<string, VolumeContent>();
  private writes = 0;

  constructor(
    private readonly clock: Clock,
    /** Folder of the pods' volumes; the node's own. */
    private readonly podsFolder: string,
    /** Folder of what outlives pods; shared by the cluster's nodes. */
    private readonly persistentFolder: string,
  ) {}

  async mount(podUid: string, name: string, content: VolumeContent): Promise<void> {
    const key = `${podUid}/${name}`;
    const folder = this.folder(podUid, name);
    const known = this.contents.get(key);
    if (content.type === 'host') this.prepareHostPath(content.path, content.check);
    this.contents.set(key, content);
    if (content.type === 'host') return;
    if (content.type === 'files') this.replaceFiles(folder, content.files);
    else if (!known) mkdirSync(this.source(podUid, name), { recursive: true, mode: 0o777 });
    // What an ordinary user's containers write is all one user's: the mode is what a real emptyDir has.
    if (content.type === 'empty' && !known) chmodSync(folder, 0o777);
  }

  unmountAll(podUid: string): Promise<void> {
    for (const key of this.contents.keys()) if (key.startsWith(`${podUid}/`)) this.contents.delete(key);
    rmSync(join(this.podsFolder, podUid), { recursive: true, force: true });
    return Promise.resolve();
  }

  /** Whether containers may only read it, as those whose files the kubelet keeps. */
  isReadOnly(podUid: string, name: string): boolean {
    return this.contents.get(`${podUid}/${name}`)?.type === 'files';
  }

  /**
   * The file or folder of the host behind a volume, or behind a part of it, which is made when it isn't there.
   * Throws RuntimeError for a part outside the volume (through links, too).
   */
  source(podUid: string, name: string, subPath?: string): string {
    const content = this.contents.get(`${podUid}/${name}`);
    if (!content) throw new RuntimeError(`volume "${name}" is not mounted`, 'NotFound');
    const whole = this.whole(podUid, name, content);
    if (subPath === undefined) return whole;
    const part = join(whole, subPath);
    const outside = (): never => {
      throw new RuntimeError(`failed to prepare subPath for volumeMount "${name}": subpath ${JSON.stringify(subPath)} not within volume path ${JSON.stringify(whole)}`);
    };
    if (!within(whole, part)) outside();
    if (!within(realpathSync(whole), existing(part))) outside();
    if (!existsSync(part)) mkdirSync(part, { recursive: true });
    return realpathSync(part);
  }

  private prepareHostPath(path: string, type: string): void {
    const make = hostPathToMake(type, path, kindOf(path));
    if (make === undefined) return;
    try {
      mkdirSync(make === 'file' ? dirname(path) : path, { recursive: true });
      if (make === 'file') writeFileSync(path, '');
    } catch (error) {
      throw new RuntimeError(`mkdir ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private whole(podUid: string, name: string, content: VolumeContent): string {
    switch (content.type) {
      case 'host':
        return content.path;
      case 'persistent':
        return join(this.persistentFolder, createHash('sha256').update(content.id).digest('hex').slice(0, 32));
      case 'empty':
      case 'files':
        return this.folder(podUid, name);
    }
  }

  private folder(podUid: string, name: string): string {
    return join(this.podsFolder, podUid, 'volumes', name);
  }

  private replaceFiles(folder: string, files: readonly VolumeFile[]): void {
    const stamp = new Date(this.clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '_').replace('T', '_');
    const version = `..${stamp}.${String(this.writes++ % 1e9).padStart(9, '0')}`;
    mkdirSync(join(folder, version), { recursive: true });
    const names = new Set<string>();
    for (const { path, data, mode } of files) {
      const parts = path.split('/').filter((part) => part !== '');
      if (parts.includes('..') || parts[0] === undefined) throw new RuntimeError(`invalid path ${JSON.stringify(path)} in a volume`);
      const file = join(folder, version, ...parts);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, data);
      chmodSync(file, mode);
      names.add(parts[0]);
    }
    const link = join(folder, DATA);
    const before = linkTarget(link);
    rmSync(join(folder, NEW_DATA), { force: true });
    symlinkSync(version, join(folder, NEW_DATA));
    renameSync(join(folder, NEW_DATA), link);
    const there = readdirSync(folder).filter((name) => !name.startsWith('..'));
    for (const name of names) if (!there.includes(name)) symlinkSync(join(DATA, name), join(folder, name));
    for (const name of there) if (!names.has(name)) rmSync(join(folder, name), { force: true });
    if (before !== undefined) rmSync(join(folder, before), { recursive: true, force: true });
  }
}

function kindOf(path: string): HostFileKind | undefined {
  let stat;
  try {
    stat = statSync(path);
  } catch {
    return undefined;
  }
  if (stat.isDirectory()) return 'directory';
  return stat.isSocket() ? 'socket' : stat.isCharacterDevice() ? 'character device' : stat.isBlockDevice() ? 'block device' : 'file';
}

/** Where the path leads as far as it exists. */
function existing(path: string): string {
  for (let at = path; ; at = dirname(at)) if (existsSync(at)) return realpathSync(at);
}

function within(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
