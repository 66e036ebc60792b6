import type { Clock } from '../../../base/clock.js';
import { RuntimeError, type VolumeContent, type VolumeFile, type VolumeService } from '../../runtime.js';
import { nodeFiles, prepareHostPath } from './node-files.js';
import { bindSubPath, MemoryFileSystem } from './root-file-system.js';

interface Volume {
  content: VolumeContent;
  fs: MemoryFileSystem | undefined;
  /** Folder that holds the files now, and their first path parts; of volumes of files. */
  folder: string | undefined;
  names: ReadonlySet<string>;
}

/** Name of the link to the current files, as in the kubelet's atomic writer. */
const DATA = '..data';

/**
 * The volumes of simulated pods. A file system is made when a container first looks into the volume;
 * until then a volume of files costs no more than the files themselves.
 */
export class VolumeStore implements VolumeService {
  private readonly pods = new Map<string, Map<string, Volume>>();
  private writes = 0;

  /** `persistent` is shared by the nodes of a cluster: a PersistentVolume can move from one to another. */
  constructor(
    private readonly clock: Clock,
    private readonly persistent: Map<string, MemoryFileSystem> = new Map(),
    private readonly nodeName = 'node-0',
  ) {}

  async mount(podUid: string, name: string, content: VolumeContent): Promise<void> {
    if (content.type === 'host') await prepareHostPath(this.host, content.path, content.check);
    let volumes = this.pods.get(podUid);
    if (!volumes) this.pods.set(podUid, (volumes = new Map()));
    const known = volumes.get(name);
    if (!known) volumes.set(name, { content, fs: undefined, folder: undefined, names: new Set() });
    else if (content.type === 'files') {
      known.content = content;
      if (known.fs) this.replaceFiles(known, known.fs, content.files);
    }
  }

  unmountAll(podUid: string): Promise<void> {
    this.pods.delete(podUid);
    return Promise.resolve();
  }

  /** The file system of a pod's volume, or of a part of it; `path` is where in it the mounted folder or file is. */
  open(podUid: string, name: string, subPath?: string): { readonly fs: MemoryFileSystem; readonly path: string } {
    const volume = this.pods.get(podUid)?.get(name);
    if (!volume) throw new RuntimeError(`volume "${name}" is not mounted`, 'NotFound');
    const { content } = volume;
    // A host path may be a file.
    if (content.type === 'host' && content.path !== '/') {
      const host = this.host.bind(content.path);
      return subPath === undefined ? host : bindSubPath(host.fs, subPath);
    }
    const fs = (volume.fs ??= this.fileSystem(volume));
    return subPath === undefined ? { fs, path: '/' } : bindSubPath(fs, subPath);
  }

  private fileSystem(volume: Volume): MemoryFileSystem {
    const { content } = volume;
    switch (content.type) {
      case 'empty':
        return new MemoryFileSystem(this.clock);
      case 'files': {
        const fs = new MemoryFileSystem(this.clock);
        this.replaceFiles(volume, fs, content.files);
        return fs;
      }
      case 'host':
        return this.host;
      case 'persistent':
        return this.kept(content.id, () => new MemoryFileSystem(this.clock));
    }
  }

  /** All nodes of a cluster have the same files, so that data of a hostPath is found again on another node. */
  private get host(): MemoryFileSystem {
    return this.kept('host', () => nodeFiles(this.clock, this.nodeName));
  }

  private kept(id: string, make: () => MemoryFileSystem): MemoryFileSystem {
    const known = this.persistent.get(id);
    if (known) return known;
    const fs = make();
    this.persistent.set(id, fs);
    return fs;
  }

  /**
   * Writes the files to a new folder, then moves the `..data` link to it; the visible names are links through it.
   * (MemoryFileSystem acts before its promises resolve, so nobody sees a state in between.)
   */
  private replaceFiles(volume: Volume, fs: MemoryFileSystem, files: readonly VolumeFile[]): void {
    const folder = `..${timestamp(this.clock.now())}.${String(this.writes++ % 1e9).padStart(9, '0')}`;
    fs.makeDirectory(`/${folder}`, true);
    const names = new Set<string>();
    for (const file of files) {
      const parts = file.path.split('/').filter((part) => part !== '');
      const path = `/${folder}/${parts.join('/')}`;
      fs.makeDirectory(path.slice(0, path.lastIndexOf('/')), true);
      fs.write(path, file.data);
      void fs.chmod(path, file.mode);
      if (parts[0] !== undefined) names.add(parts[0]);
    }
    if (volume.folder !== undefined) void fs.rm(`/${DATA}`);
    void fs.symlink(folder, `/${DATA}`);
    for (const name of names) if (!volume.names.has(name)) void fs.symlink(`${DATA}/${name}`, `/${name}`);
    for (const name of volume.names) if (!names.has(name)) void fs.rm(`/${name}`);
    if (volume.folder !== undefined) void fs.rm(`/${volume.folder}`, { recursive: true });
    volume.folder = folder;
    volume.names = names;
  }
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '_').replace('T', '_');
}
