import { TestContainer } from './fixtures/container.js';
import { findExecutable } from './index.js';

const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };

describe('what a container can start', () => {
  test.each([
    ['busybox', 'sh', { path: '/bin/sh' }],
    ['busybox', '/bin/ls', { path: '/bin/ls' }],
    ['busybox', 'bash', { error: 'exec: "bash": executable file not found in $PATH' }],
    ['bash:5', 'bash', { path: '/usr/local/bin/bash' }],
    ['debian', 'bash', { path: '/usr/bin/bash' }],
    ['registry.k8s.io/pause:3.10', 'sh', { error: 'exec: "sh": executable file not found in $PATH' }],
    ['gcr.io/distroless/static', 'ls', { error: 'exec: "ls": executable file not found in $PATH' }],
    ['busybox', '/nope', { error: 'exec: "/nope": stat /nope: no such file or directory' }],
    ['busybox', '/etc', { error: 'exec: "/etc": is a directory' }],
    ['busybox', '/etc/passwd', { error: 'exec: "/etc/passwd": permission denied' }],
  ])('%s: %s', async (image, name, expected) => {
    expect(await findExecutable(name, new TestContainer({ image }).fs, env)).toEqual(expected);
  });

  test('a file of the image that starts with #! is a program', async () => {
    const container = new TestContainer({ files: { '/app/run': '#!/bin/sh\necho "$0 got $1 as $(id -un)"\n' } });
    expect(await container.run(['/app/run', 'x'])).toMatchObject({ code: 0, stdout: '/app/run got x as root\n' });
  });
});
