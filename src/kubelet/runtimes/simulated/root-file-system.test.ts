import { FakeClock } from '../../../base/fake-clock.js';
import { createRootFileSystem, imageFamily, isShellImage, MemoryFileSystem, type MountedFileSystem, type MountPoint } from './root-file-system.js';

const clock = new FakeClock();

function root(options: { image?: string; mounts?: MountPoint[]; readOnly?: boolean; files?: Record<string, string> } = {}): MountedFileSystem {
  return createRootFileSystem({ image: 'busybox', clock, hostname: 'h', hosts: '127.0.0.1 localhost\n', resolvConf: 'nameserver 10.96.0.10\n', ...options });
}

describe('root file systems', () => {
  test('containers share the base image but not what they write', async () => {
    const [a, b] = [root(), root()];
    await a.writeFile('/etc/passwd', 'changed');
    await a.rm('/bin/ls');
    await a.appendFile('/etc/group', 'more\n');
    expect(await b.readFile('/etc/passwd')).toContain('root:x:0:0');
    expect(await b.exists('/bin/ls')).toBe(true);
    expect(await b.readFile('/etc/group')).not.toContain('more');
    expect(await a.readFile('/etc/hostname')).toBe('h\n');
  });

  test('a volume mounted in two containers is shared, and a read-only mount refuses', async () => {
    const volume = new MemoryFileSystem(clock);
    const a = root({ mounts: [{ path: '/data', filesystem: volume }] });
    const b = root({ mounts: [{ path: '/deep/in/here', filesystem: volume, readOnly: true }] });
    await a.writeFile('/data/f', 'x');
    expect(await b.readFile('/deep/in/here/f')).toBe('x');
    await expect(b.writeFile('/deep/in/here/f', 'y')).rejects.toThrow(/^EROFS/);
    await expect(b.rm('/deep/in/here/f')).rejects.toThrow(/^EROFS/);
    expect(await b.readdir('/deep')).toEqual(['in']);
    expect(await b.readdir('/')).toContain('deep');
    await expect(a.rm('/data', { recursive: true })).rejects.toThrow(/^EBUSY/);
  });

  test('a sub path mounts a folder or a single file', async () => {
    const volume = new MemoryFileSystem(clock);
    await volume.mkdir('/logs/app', { recursive: true });
    await volume.writeFile('/config.yaml', 'a: 1\n');
    const fs = root({ mounts: [{ path: '/var/log/app', filesystem: volume, subPath: '/logs/app' }, { path: '/etc/app/config.yaml', filesystem: volume, subPath: 'config.yaml', readOnly: true }] });
    await fs.writeFile('/var/log/app/1', 'line');
    expect(await volume.readFile('/logs/app/1')).toBe('line');
    expect(await fs.readdir('/etc/app')).toEqual(['config.yaml']);
    expect(await fs.readFile('/etc/app/config.yaml')).toBe('a: 1\n');
  });

  test('links are followed across mounts, as ConfigMap volumes need', async () => {
    const volume = new MemoryFileSystem(clock);
    await volume.mkdir('/..2026');
    await volume.writeFile('/..2026/key', 'v1');
    await volume.symlink('..2026', '/..data');
    await volume.symlink('..data/key', '/key');
    await volume.symlink('/etc/hostname', '/outside');
    const fs = root({ image: 'debian', mounts: [{ path: '/var/run/config', filesystem: volume, readOnly: true }] });
    expect(await fs.readFile('/var/run/config/key')).toBe('v1');
    expect(await fs.readFile('/run/config/key')).toBe('v1');
    expect(await fs.readFile('/var/run/config/outside')).toBe('h\n');
    expect(await fs.realpath('/var/run/config/key')).toBe('/run/config/..2026/key');
  });

  test('a read-only root still has writable volumes', async () => {
    const fs = root({ readOnly: true, mounts: [{ path: '/tmp', filesystem: new MemoryFileSystem(clock) }] });
    await expect(fs.writeFile('/x', '')).rejects.toThrow(/^EROFS/);
    await fs.writeFile('/tmp/x', 'ok');
    expect(await fs.readFile('/tmp/x')).toBe('ok');
  });

  test('links that lead to themselves end in ELOOP', async () => {
    const fs = root();
    await fs.symlink('/b', '/a');
    await fs.symlink('/a', '/b');
    await expect(fs.readFile('/a')).rejects.toThrow(/^ELOOP/);
  });

  test('hard links share content, and moving over mounts copies', async () => {
    const fs = root({ mounts: [{ path: '/v', filesystem: new MemoryFileSystem(clock) }] });
    await fs.writeFile('/a', '1');
    await fs.link('/a', '/b');
    await fs.appendFile('/a', '2');
    expect(await fs.readFile('/b')).toBe('12');
    await fs.mv('/a', '/v/a');
    expect([await fs.exists('/a'), await fs.readFile('/v/a')]).toEqual([false, '12']);
    await expect(fs.link('/b', '/v/b')).rejects.toThrow(/^EXDEV/);
  });

  test.each([
    ['busybox', 'busybox', true], ['docker.io/library/busybox:1.36', 'busybox', true], ['alpine:3', 'alpine', true], ['nginx:1-alpine', 'alpine', false], ['ubuntu', 'ubuntu', true], ['nginx', 'debian', false],
    ['registry.k8s.io/pause:3.10', 'empty', false], ['gcr.io/distroless/base', 'empty', false], ['localhost:5000/busybox', 'busybox', true], ['bash:5@sha256:abc', 'alpine', true], ['rockylinux:9', 'redhat', true],
  ])('%s is of the family %s', (image, family, shell) => {
    expect([imageFamily(image), isShellImage(image)]).toEqual([family, shell]);
  });
});
