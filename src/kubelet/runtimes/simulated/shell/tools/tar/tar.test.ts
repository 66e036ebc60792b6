import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { TestContainer } from '../../fixtures/container.js';
import { encodeHeader, padding, type Member } from './header.js';

function member(part: Partial<Member>, content = ''): Buffer {
  const header = encodeHeader({ name: 'x', type: 'file', mode: 0o644, uid: 0, gid: 0, size: content.length, mtime: 1_700_000_000, target: '', ...part });
  return Buffer.concat([header, Buffer.from(content), padding(content.length)]);
}

const END = Buffer.alloc(1024);

describe('tar as kubectl cp uses it', () => {
  test('a tree with binary content, links, modes and long names survives a round trip', async () => {
    const source = new TestContainer();
    const data = randomBytes(300_001);
    const long = `${'very-long-folder-name/'.repeat(8)}${'n'.repeat(90)}.txt`;
    await source.run(['sh', '-c', `mkdir -p /src/empty "/src/$(dirname ${long})"; echo long > /src/${long}; ln -s data.bin /src/link; echo 'ü' > '/src/späce name'`]);
    await source.fs.writeFile('/src/data.bin', data);
    await source.fs.chmod('/src/data.bin', 0o755);
    const packed = await source.run(['tar', 'cf', '-', '/src']);
    expect(packed).toMatchObject({ code: 0, stderr: "tar: removing leading '/' from member names\n" });

    const target = new TestContainer({ image: 'debian' });
    await target.fs.mkdir('/dst');
    expect((await target.run(['tar', '-xmf', '-', '-C', '/dst'], packed.bytes)).code).toBe(0);
    expect(Buffer.compare(await target.fs.readFileBuffer('/dst/src/data.bin'), data)).toBe(0);
    expect((await target.fs.stat('/dst/src/data.bin')).mode & 0o777).toBe(0o755);
    expect(await target.fs.readlink('/dst/src/link')).toBe('data.bin');
    expect(await target.fs.readFile(`/dst/src/${long}`)).toBe('long\n');
    expect(await target.fs.readFile('/dst/src/späce name')).toBe('ü\n');
    expect(await target.fs.readdir('/dst/src/empty')).toEqual([]);
  });

  test('kubectl cp --no-preserve is understood', async () => {
    const container = new TestContainer();
    const archive = Buffer.concat([member({ name: 'f', mode: 0o777 }, 'hi'), END]);
    expect((await container.run(['tar', '--no-same-permissions', '--no-same-owner', '-xmf', '-', '-C', '/tmp'], archive)).code).toBe(0);
    expect((await container.fs.stat('/tmp/f')).mode & 0o777).toBe(0o755);
  });

  test('real tar reads our archives and we read those of real tar', async () => {
    const container = new TestContainer();
    await container.run(['sh', '-c', 'mkdir /d; echo content > /d/file; ln -s file /d/link']);
    const ours = await container.run(['tar', 'cf', '-', '-C', '/', 'd']);
    const listed = spawnSync('tar', ['tf', '-'], { input: ours.bytes });
    expect(listed.stdout.toString()).toBe('d/\nd/file\nd/link\n');
    const theirs = spawnSync('tar', ['czf', '-', '-C', '/etc', 'hostname', '--format=pax'], { maxBuffer: 1 << 20 });
    const shown = await container.run(['tar', 'tzf', '-'], theirs.stdout);
    expect(shown).toMatchObject({ code: 0, stdout: 'hostname\n' });
  });

  test('twenty megabytes stream through a pipe byte for byte', async () => {
    const container = new TestContainer();
    const data = randomBytes(20 << 20);
    await container.fs.writeFile('/big', data);
    const result = await container.run(['sh', '-c', 'mkdir /out; tar cf - big | tar xf - -C /out; cmp=$(sha256sum < /out/big); [ "$cmp" = "$(sha256sum < /big)" ] && echo same']);
    expect(result.stdout).toBe('same\n');
  });

  test('members that lead out of the folder, by name or through a link of the archive, do not', async () => {
    const container = new TestContainer();
    const archive = Buffer.concat([
      member({ name: '../up' }, 'bad'), member({ name: '/absolute' }, 'kept'), member({ name: 'link', type: 'symlink', target: '/etc' }), member({ name: 'link/passwd' }, 'bad'), END,
    ]);
    await container.fs.mkdir('/tmp/in');
    const result = await container.run(['tar', 'xf', '-', '-C', '/tmp/in'], archive);
    expect(result.code).not.toBe(0);
    expect(await container.fs.exists('/tmp/up')).toBe(false);
    expect(await container.fs.readFile('/tmp/in/absolute')).toBe('kept');
    expect(await container.fs.readFile('/etc/passwd')).toContain('root:x:0');
  });

  test.each([
    ['what is no archive', ['tar', 'xf', '-'], Buffer.from('not a tar'.repeat(100)), 'tar: invalid tar magic\n'],
    ['nothing at all', ['tar', 'xf', '-'], Buffer.alloc(0), 'tar: short read\n'],
    ['a missing file', ['tar', 'cf', '-', '/nope'], Buffer.alloc(0), "tar: /nope: No such file or directory\ntar: error exit delayed from previous errors\n"],
    ['a missing folder', ['tar', 'xf', '-', '-C', '/nope'], Buffer.alloc(0), "tar: can't change directory to '/nope': No such file or directory\n"],
  ])('%s is an error', async (_, argv, input, stderr) => {
    expect(await new TestContainer().run(argv, input)).toMatchObject({ code: 1, stderr });
  });
});
