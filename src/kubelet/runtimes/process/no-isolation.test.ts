import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoIsolation } from './no-isolation.js';
import type { ContainerPlan, IsolatedSandbox } from './isolation.js';

describe('plain processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubette-plain-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('find their mounts and termination message below $KUBETTE_ROOT', async () => {
    const isolation = new NoIsolation('for a test');
    mkdirSync(join(folder, 'volume'));
    writeFileSync(join(folder, 'volume/key'), 'value');
    writeFileSync(join(folder, 'termination-log'), '');
    const plan = {
      id: 'c1', folder, workingDir: '/', env: [['PATH', '/usr/bin:/bin']], user: { uid: 0, gid: 0 }, hidden: [],
      argv: ['sh', '-c', 'cat "$KUBETTE_ROOT/data/key"; echo bye > "$KUBETTE_ROOT/dev/termination-log"'],
      mounts: [{ path: '/data', source: join(folder, 'volume'), readOnly: false }],
      config: { terminationMessagePath: '/dev/termination-log', tty: false },
    } as unknown as ContainerPlan;
    const sandbox: IsolatedSandbox = await isolation.openSandbox({} as never, '10.244.0.2');
    const { file, args, env } = isolation.main(sandbox, 'own', plan);
    const { stdout } = spawnSync(file, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'], encoding: 'utf8' });
    expect(stdout).toBe('value');
    expect(readFileSync(join(folder, 'termination-log'), 'utf8')).toBe('bye\n');
  });
});
