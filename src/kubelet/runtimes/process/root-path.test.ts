import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveInRoot } from './root-path.js';

describe("paths of a container's root", () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'kubette-root-'));
    mkdirSync(join(root, 'var'));
    mkdirSync(join(root, 'usr/bin'), { recursive: true });
    symlinkSync('/run', join(root, 'var/run'));
    symlinkSync('usr/bin', join(root, 'bin'));
    symlinkSync('../../../../etc', join(root, 'usr/up'));
    symlinkSync('loop', join(root, 'loop'));
    symlinkSync('/etc', join(root, 'run'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test.each([
    ['/etc/hosts', '/etc/hosts'],
    ['/bin/sh', '/usr/bin/sh'],
    ['/usr/up/passwd', '/etc/passwd'],
    ['/../../etc/passwd', '/etc/passwd'],
    ['var/./x/', '/var/x'],
    ['/var/run/secrets', '/etc/secrets'],
  ])('%s is %s', (path, expected) => {
    expect(resolveInRoot(root, path)).toBe(expected);
  });

  test('stay in folders that are the container\'s own', () => {
    expect(resolveInRoot(root, '/var/run/secrets', new Set(['run']))).toBe('/run/secrets');
  });

  test('that go round in circles are refused', () => {
    expect(() => resolveInRoot(root, '/loop/x')).toThrow('too many links in /loop/x');
  });
});
