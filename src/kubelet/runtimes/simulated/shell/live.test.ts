import { FakeClock } from '../../../../base/fake-clock.js';
import { TestContainer } from './fixtures/container.js';

/** Lets everything that does not wait for time happen, then moves the clock. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  await settle();
  await clock.advance(ms);
  await settle();
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => { setImmediate(resolve); });
}

const keepAlive = setInterval(() => {}, 1000);
afterAll(() => clearInterval(keepAlive));

describe('output flows while a script runs', () => {
  test('a loop prints a line per second of cluster time', async () => {
    const clock = new FakeClock();
    const container = new TestContainer({ clock });
    const running = container.start(['sh', '-c', 'while true; do date +%s; sleep 1; done']);
    await running.until(/^1767225600\n$/);
    await pass(clock, 1000);
    await pass(clock, 1000);
    expect(running.stdout).toBe('1767225600\n1767225601\n1767225602\n');
    running.kill('SIGKILL');
    expect(await running.done).toBe(137);
  });

  test('cat echoes standard input as it comes and ends with it', async () => {
    const container = new TestContainer();
    const running = container.start(['cat']);
    running.stdin.write('one\n');
    await running.until(/^one\n$/);
    running.stdin.write('two\n');
    await running.until(/two\n$/);
    running.stdin.end();
    expect(await running.done).toBe(0);
  });

  test('both sides of a pipe run at the same time', async () => {
    const container = new TestContainer();
    const running = container.start(['sh', '-c', 'while read line; do echo "got $line"; done | cat']);
    running.stdin.write('a\n');
    await running.until(/got a\n$/);
    running.stdin.end();
    expect(await running.done).toBe(0);
  });

  test('a filter of just-bash in a pipe passes on what has come', async () => {
    const container = new TestContainer();
    const running = container.start(['sh', '-c', 'cat | grep -v skip | sed s/a/A/']);
    running.stdin.write('a1\nskip\n');
    await running.until(/^A1\n$/);
    running.stdin.write('a2\n');
    await running.until(/A2\n$/);
    running.stdin.end();
    expect(await running.done).toBe(0);
  });

  test('yes ends when head has enough, and a writer to a closed pipe dies of SIGPIPE', async () => {
    const container = new TestContainer({ image: 'debian' });
    expect((await container.run(['bash', '-c', 'yes | head -3; echo ${PIPESTATUS[@]}'])).stdout).toBe('y\ny\ny\n141 0\n');
  });

  test('tail -f prints what another process appends', async () => {
    const clock = new FakeClock();
    const container = new TestContainer({ clock, files: { '/var/log/app.log': 'old\n' } });
    const running = container.start(['tail', '-f', '/var/log/app.log']);
    await running.until(/old\n$/);
    expect((await container.run(['sh', '-c', 'echo new >> /var/log/app.log'])).code).toBe(0);
    await pass(clock, 1000);
    await running.until(/^old\nnew\n$/);
    running.kill('SIGKILL');
    await running.done;
  });

  test('a busy loop starves nobody and is killed at once', async () => {
    const container = new TestContainer();
    const busy = container.start(['sh', '-c', 'while :; do :; done']);
    const other = await container.run(['echo', 'still here']);
    expect(other.stdout).toBe('still here\n');
    busy.kill('SIGKILL');
    expect(await busy.done).toBe(137);
  });

  test('an exec session can write to the output of PID 1', async () => {
    const container = new TestContainer();
    const main = container.start(['sleep', 'infinity']);
    await container.run(['sh', '-c', 'echo logged > /proc/1/fd/1']);
    await main.until(/^logged\n$/);
    main.kill('SIGKILL');
    await main.done;
  });

  test('commands on standard input run line by line and share it with what they start', async () => {
    const container = new TestContainer();
    const running = container.start(['sh']);
    running.stdin.write('echo first\n');
    await running.until(/first\n$/);
    running.stdin.write('read x\nvalue\necho "got $x"\nif true\n');
    await running.until(/got value\n$/);
    running.stdin.write('then echo done; fi\nexit 4\n');
    expect(await running.done).toBe(4);
    expect(running.stdout).toBe('first\ngot value\ndone\n');
  });

  test('a FIFO joins two processes', async () => {
    const container = new TestContainer();
    const result = await container.run(['sh', '-c', 'mkfifo /tmp/f; cat /tmp/f & echo through > /tmp/f; wait']);
    expect(result.stdout).toBe('through\n');
  });
});

describe('signals and processes', () => {
  test('PID 1 without a handler ignores SIGTERM; SIGKILL from outside ends it', async () => {
    const container = new TestContainer();
    const main = container.start(['sleep', '3600']);
    await settle();
    main.kill('SIGTERM');
    await settle();
    expect(container.pids.init?.state).toBe('running');
    main.kill('SIGKILL');
    expect(await main.done).toBe(137);
  });

  test('a trap runs when the foreground command has ended, at once in wait', async () => {
    const clock = new FakeClock();
    const container = new TestContainer({ clock });
    const slow = container.start(['sh', '-c', "trap 'echo bye; exit 3' TERM; sleep 10; echo not reached"]);
    await settle();
    slow.kill('SIGTERM');
    await settle();
    expect(slow.stdout).toBe('');
    await pass(clock, 10_000);
    expect(await slow.done).toBe(3);
    expect(slow.stdout).toBe('bye\n');

    const other = new TestContainer({ clock });
    const quick = other.start(['sh', '-c', "trap 'echo bye; exit 3' TERM; sleep 3600 & wait; echo not reached"]);
    await settle();
    quick.kill('SIGTERM');
    expect(await quick.done).toBe(3);
    expect(quick.stdout).toBe('bye\n');
  });

  test('ps shows the tree, exec replaces the shell, and a single command takes its place', async () => {
    const container = new TestContainer();
    const main = container.start(['sh', '-c', 'sleep 3600']);
    await settle();
    const session = await container.run(['sh', '-c', 'ps; echo end']);
    expect(session.stdout.split('\n').slice(0, 3).join('\n')).toBe("PID   USER     TIME  COMMAND\n    1 root      0:00 sleep 3600\n    2 root      0:00 sh -c ps; echo end");
    expect(session.stdout).toContain('    3 root      0:00 ps\n');
    main.kill('SIGKILL');
    await main.done;
  });

  test('orphans become children of PID 1, and a shell there reaps them', async () => {
    const clock = new FakeClock();
    const container = new TestContainer({ clock });
    const main = container.start(['sh', '-c', 'while :; do sleep 60; done']);
    await settle();
    await container.run(['sh', '-c', 'sleep 5 & exit']);
    const orphan = container.pids.list().find((process) => process.argv.join(' ') === 'sleep 5');
    expect(orphan?.parent).toBe(1);
    await pass(clock, 5000);
    expect(container.pids.list().some((process) => process.argv.join(' ') === 'sleep 5')).toBe(false);
    main.kill('SIGKILL');
    await main.done;
  });

  test('orphans stay zombies under a PID 1 that does not reap', async () => {
    const clock = new FakeClock();
    const container = new TestContainer({ clock });
    const main = container.start(['sleep', 'infinity']);
    await settle();
    await container.run(['sh', '-c', 'sleep 5 & exit']);
    await pass(clock, 5000);
    expect(container.pids.list().find((process) => process.argv.join(' ') === 'sleep 5')?.state).toBe('zombie');
    main.kill('SIGKILL');
    await main.done;
    expect(container.pids.list()).toEqual([]);
  });

  test('a killed process of an exec session ends with 128 + N', async () => {
    const container = new TestContainer();
    const main = container.start(['sleep', 'infinity']);
    const session = container.start(['sleep', '100']);
    await settle();
    expect((await container.run(['kill', String(session.pid)])).code).toBe(0);
    expect(await session.done).toBe(143);
    main.kill('SIGKILL');
    await main.done;
  });
});

describe('unknown commands', () => {
  test.each([
    ['busybox', 'sh', 'sh: foo: not found\n'],
    ['alpine', 'sh', 'sh: foo: not found\n'],
    ['debian', 'sh', 'sh: 1: foo: not found\n'],
    ['debian', 'bash', 'bash: line 1: foo: command not found\n'],
  ])('in %s, %s says it its way', async (image, shell, text) => {
    const result = await new TestContainer({ image }).run([shell, '-c', 'foo']);
    expect(result).toMatchObject({ code: 127, stderr: text });
  });
});
