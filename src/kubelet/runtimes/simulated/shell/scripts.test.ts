import { SystemClock } from '../../../../base/clock.js';
import { TestContainer } from './fixtures/container.js';
import cases from './fixtures/scripts.json' with { type: 'json' };

/** Outputs and exit codes are those of Debian's dash (sh) and bash 5.2. */
const image = 'debian:12';

describe('scripts do what real shells do', () => {
  const clock = new SystemClock();
  // Real timers of the cluster's clock do not keep Node alive.
  const keepAlive = setInterval(() => {}, 1000);
  afterAll(() => clearInterval(keepAlive));

  test.each(cases)('$shell: $script', async ({ shell, script, stdout, code }) => {
    const container = new TestContainer({ image, clock });
    // As under a real init: scripts that signal themselves must not be PID 1.
    container.pids.spawn({ argv: ['/pause'], parent: 0, container: '', onKill: () => {} });
    const result = await container.run([shell, '-c', script]);
    expect({ stdout: result.stdout, code: result.code }).toEqual({ stdout, code });
  });
});
