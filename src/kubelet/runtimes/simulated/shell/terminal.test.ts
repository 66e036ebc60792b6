import { FakeClock } from '../../../../base/fake-clock.js';
import { TestContainer, type Running } from './fixtures/container.js';

const keepAlive = setInterval(() => {}, 1000);
afterAll(() => clearInterval(keepAlive));

function session(image = 'busybox', argv: string[] = ['sh']): { container: TestContainer; terminal: Running } {
  const container = new TestContainer({ image, clock: new FakeClock() });
  container.pids.spawn({ argv: ['/pause'], parent: 0, container: '', onKill: () => {} });
  return { container, terminal: container.start(argv, { terminal: true }) };
}

/** What the user would see, screen controls aside. */
function text(terminal: Running): string {
  return terminal.stdout.replaceAll('\r\n', '\n');
}

describe('an interactive shell at a terminal', () => {
  test.each([
    ['busybox', 'sh', '/ # '],
    ['alpine', 'sh', '/ # '],
    ['debian', 'bash', 'root@web-0:/# '],
    ['debian', 'sh', '# '],
  ])('%s greets with the prompt of its %s', async (image, shell, prompt) => {
    const { terminal } = session(image, [shell]);
    await terminal.until((stdout) => stdout === prompt);
    terminal.stdin.write('\x04');
    expect(await terminal.done).toBe(0);
  });

  test('it echoes keys, runs the line, maps newlines and gives its exit code', async () => {
    const { terminal } = session();
    await terminal.until(/# $/);
    terminal.stdin.write('echo hi\r');
    await terminal.until(/hi\r\n.*hi\r\n\/ # $/s);
    expect(terminal.stdout).toBe('/ # echo hi\r\nhi\r\n/ # ');
    terminal.stdin.write('exit 7\r');
    expect(await terminal.done).toBe(7);
  });

  test('pasted lines run one after the other, and each is seen once', async () => {
    const { terminal } = session();
    await terminal.until(/# $/);
    terminal.stdin.write('echo first\necho second\necho third\n');
    await terminal.until(/\nthird\r\n\/ # $/);
    expect(text(terminal)).toBe('/ # echo first\nfirst\n/ # echo second\nsecond\n/ # echo third\nthird\n/ # ');
    terminal.stdin.write('read a; echo "got $a"\nthe answer\n');
    await terminal.until(/got the answer\r\n\/ # $/);
    terminal.stdin.write('exit\r');
    await terminal.done;
  });

  test('backspace, Ctrl-U and Ctrl-W erase', async () => {
    const { terminal } = session();
    await terminal.until(/# $/);
    terminal.stdin.write('garbage\x15echo onX\x7fe twoo\x17two\r');
    await terminal.until(/\none two\r\n/);
    terminal.stdin.write('exit\r');
    await terminal.done;
  });

  test('arrow keys bring back the history and move the cursor', async () => {
    const { terminal } = session();
    await terminal.until(/# $/);
    terminal.stdin.write('echo abd\r');
    await terminal.until(/\nabd\r\n\/ # $/);
    terminal.stdin.write('\x1b[A\x1b[D\x7fc\r');
    await terminal.until(/\nacd\r\n\/ # $/);
    terminal.stdin.write('exit\r');
    await terminal.done;
  });

  test('Ctrl-C drops the line, and ends the foreground command but not the shell', async () => {
    const { terminal } = session();
    await terminal.until(/# $/);
    terminal.stdin.write('half\x03');
    await terminal.until(/half\^C\r\n\/ # $/);
    terminal.stdin.write('sleep 1000\r');
    await terminal.until(/sleep 1000\r\n$/);
    while (!terminalHas(terminal, 'sleep')) await new Promise((resolve) => { setImmediate(resolve); });
    terminal.stdin.write('\x03');
    await terminal.until(/\^C\r\n\/ # $/);
    terminal.stdin.write('echo $?\r');
    await terminal.until(/\n130\r\n/);
    terminal.stdin.write('exit 0\r');
    expect(await terminal.done).toBe(0);
  });

  test.each([
    ['busybox', 'sh', '/ # ', 'You have stopped jobs.', '[1]+  Stopped                    sleep 1000', '[1] sleep 1000'],
    ['debian', 'bash', 'root@web-0:/# ', 'There are stopped jobs.', '[1]+  Stopped                 sleep 1000', '[1]+ sleep 1000 &'],
  ])('%s: Ctrl-Z stops the foreground command; bg and fg let it go on', async (image, shell, prompt, warning, stopped, continued) => {
    const { container, terminal } = session(image, [shell]);
    const type = async (keys: string, answer: string): Promise<void> => {
      const from = text(terminal).length;
      terminal.stdin.write(keys);
      await terminal.until(() => text(terminal).slice(from).includes(answer) && text(terminal).endsWith(prompt));
    };
    await terminal.until((stdout) => stdout === prompt);
    terminal.stdin.write('sleep 1000\r');
    while (!terminalHas(terminal, 'sleep')) await new Promise((resolve) => { setImmediate(resolve); });
    await type('\x1a', `^Z\n${stopped}\n`);
    await type('echo $?\r', '\n148\n');
    await type('ps -o stat,args | grep sleep\r', '\nT ');
    await type('jobs\r', `\n${stopped}\n`);
    await type('exit\r', warning);
    await type('bg\r', `\n${continued}\n`);
    await type('jobs\r', 'Running');
    terminal.stdin.write('fg\r');
    await terminal.until(() => text(terminal).endsWith('fg\nsleep 1000\n'));
    await type('\x03', '^C');
    expect(terminalHas(terminal, 'sleep')).toBe(false);
    // A job that is stopped ends with the shell.
    terminal.stdin.write('cat | tr a b\r');
    while (!terminalHas(terminal, 'tr')) await new Promise((resolve) => { setImmediate(resolve); });
    await type('\x1a', 'cat | tr a b\n');
    terminal.stdin.write('exit\r');
    await terminal.done;
    expect(container.pids.list().map(({ argv }) => argv[0]).filter((name) => name === 'cat' || name === 'tr')).toEqual([]);
  });

  test('a command reads cooked lines with echo, and Ctrl-D ends its input', async () => {
    const { terminal } = session();
    await terminal.until(/# $/);
    terminal.stdin.write('cat\r');
    await terminal.until(/cat\r\n$/);
    while (!terminalHas(terminal, 'cat')) await new Promise((resolve) => { setImmediate(resolve); });
    terminal.stdin.write('linX\x7fe\r');
    await terminal.until(/line\r\n$/);
    expect(text(terminal)).toBe('/ # cat\nlinX\b \be\nline\n');
    terminal.stdin.write('\x04');
    await terminal.until(/\/ # $/);
    terminal.stdin.write('exit\r');
    await terminal.done;
  });

  test('commands over several lines get the second prompt', async () => {
    const { terminal } = session();
    await terminal.until(/# $/);
    terminal.stdin.write('for i in 1 2; do\r');
    await terminal.until(/\r\n> $/);
    terminal.stdin.write('echo n$i\r');
    await terminal.until(/> echo n\$i\r\n> $/);
    terminal.stdin.write('done\r');
    await terminal.until(/n1\r\nn2\r\n\/ # $/);
    terminal.stdin.write('cat <<E\rdoc\rE\r');
    await terminal.until(/E\r\ndoc\r\n\/ # $/);
    terminal.stdin.write('exit\r');
    await terminal.done;
  });

  test('errors do not end it, and Tab completes paths', async () => {
    const { terminal } = session();
    await terminal.until(/# $/);
    terminal.stdin.write('nosuch\r');
    await terminal.until(/sh: nosuch: not found\r\n\/ # $/);
    terminal.stdin.write('if; then\r');
    await terminal.until(/syntax error: unexpected ";"\r\n\/ # $/);
    terminal.stdin.write('echo ${x:?gone}\r');
    await terminal.until(/x: gone\r\n\/ # $/);
    terminal.stdin.write('cat /etc/hostn\t\r');
    await terminal.until(/hostname \r\nweb-0\r\n/);
    terminal.stdin.write('exit\r');
    await terminal.done;
  });

  test('programs know the terminal and its size', async () => {
    const { terminal } = session('debian', ['bash']);
    await terminal.until(/# $/);
    terminal.resize({ width: 132, height: 50 });
    terminal.stdin.write('tty; stty size; test -t 0 && echo isatty\r');
    await terminal.until(/\/dev\/pts\/0\r\n50 132\r\nisatty\r\n/);
    terminal.stdin.write('exit\r');
    await terminal.done;
  });

  test('a plain command with a terminal is interrupted by Ctrl-C', async () => {
    const { terminal } = session('busybox', ['sleep', '1000']);
    await new Promise((resolve) => { setImmediate(resolve); });
    terminal.stdin.write('\x03');
    expect(await terminal.done).toBe(130);
  });

  function terminalHas(terminal: Running, name: string): boolean {
    return containerOf(terminal).pids.list().some((process) => process.argv[0] === name);
  }

  function containerOf(terminal: Running): TestContainer {
    return terminal.container;
  }
});
