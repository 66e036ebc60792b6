import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The short form; `npm run soak` takes ten minutes. */
test('thirty seconds of informers that come and go, writers and compaction: nothing is missed, nothing comes twice, memory stays flat', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../soak/soak.mjs'), '--seconds', '30']);
  process.stderr.write(stdout);
  const [, writes, events, expired] = /^30 s: (\d+) writes, (\d+) events .* (\d+) times 410/.exec(stdout) ?? [];
  expect(Number(writes)).toBeGreaterThan(100);
  expect(Number(events)).toBeGreaterThan(1000);
  expect(Number(expired)).toBeGreaterThan(0);
}, 180_000);
