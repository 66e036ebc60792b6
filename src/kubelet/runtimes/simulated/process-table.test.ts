import { FakeClock } from '../../../base/fake-clock.js';
import { ProcessTable } from './process-table.js';

function table(): { pids: ProcessTable; killed: string[]; spawn: (name: string, parent: number, onSignal?: (signal: string) => boolean) => number } {
  const pids = new ProcessTable(new FakeClock());
  const killed: string[] = [];
  return {
    pids, killed,
    spawn: (name, parent, onSignal) => pids.spawn({ argv: [name], parent, container: 'c', ...(onSignal ? { onSignal } : {}), onKill: (signal) => killed.push(`${name} ${signal}`) }).pid,
  };
}

describe('a PID namespace', () => {
  test('numbers processes from 1, and the first is init', () => {
    const { pids, spawn } = table();
    expect(pids.init).toBeUndefined();
    expect([spawn('init', 0), spawn('a', 1)]).toEqual([1, 2]);
    expect(pids.init?.argv).toEqual(['init']);
  });

  test('init gets no default action but SIGKILL from outside', () => {
    const { pids, spawn, killed } = table();
    spawn('init', 0);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL']) expect(pids.kill(1, signal)).toBe(true);
    pids.kill(1, 'SIGTERM', { fromOutside: true });
    expect(killed).toEqual([]);
    pids.kill(1, 'SIGKILL', { fromOutside: true });
    expect(killed).toEqual(['init SIGKILL']);
  });

  test('a handler takes a signal, SIGKILL it cannot', () => {
    const { pids, spawn, killed } = table();
    spawn('init', 0);
    const seen: string[] = [];
    const pid = spawn('a', 1, (signal) => seen.push(signal) > 0);
    pids.kill(pid, 'SIGTERM');
    expect(seen).toEqual(['SIGTERM']);
    pids.kill(pid, 'SIGKILL');
    expect(killed).toEqual(['a SIGKILL']);
    expect(pids.wait(pid)).toBe(137);
    expect(pids.get(pid)).toBeUndefined();
  });

  test('ignorable signals end nobody, signal 0 only asks', () => {
    const { pids, spawn, killed } = table();
    spawn('init', 0);
    const pid = spawn('a', 1);
    for (const signal of ['SIGCHLD', 'SIGWINCH', 'SIGCONT', 'SIG0']) expect(pids.kill(pid, signal)).toBe(true);
    expect(pids.kill(99, 'SIG0')).toBe(false);
    expect(killed).toEqual([]);
  });

  test('an ended child is a zombie until its parent waits; the runtime\'s own processes leave at once', () => {
    const { pids, spawn } = table();
    const signals: string[] = [];
    spawn('init', 0, (signal) => signals.push(signal) > 0);
    const child = spawn('child', 1);
    const session = spawn('exec', 0);
    pids.exit(child, 3);
    pids.exit(session, 0);
    expect(pids.get(child)?.state).toBe('zombie');
    expect(signals).toEqual(['SIGCHLD']);
    expect(pids.get(session)).toBeUndefined();
    expect(pids.wait(child)).toBe(3);
    expect(pids.wait(child)).toBeUndefined();
  });

  test('orphans and zombies of an ended parent go to init, which pause reaps', () => {
    const { pids, spawn } = table();
    pids.spawn({ argv: ['/pause'], parent: 0, container: '', onKill: () => {} });
    const parent = spawn('parent', 0);
    const zombie = spawn('zombie', parent);
    const orphan = spawn('orphan', parent);
    pids.exit(zombie, 0);
    pids.exit(parent, 0);
    expect(pids.get(zombie)).toBeUndefined();
    expect(pids.get(orphan)?.parent).toBe(1);
    pids.exit(orphan, 0);
    expect(pids.list().map((process) => process.argv[0])).toEqual(['/pause']);
  });

  test('when init ends everything is killed', () => {
    const { pids, spawn, killed } = table();
    spawn('init', 0);
    spawn('a', 1);
    spawn('b', 0);
    pids.exit(1, 0);
    expect(killed).toEqual(['a SIGKILL', 'b SIGKILL']);
    expect(pids.list()).toEqual([]);
  });

  test('a fork bomb meets a limit', () => {
    const { spawn } = table();
    expect(() => { for (let i = 0; i < 10_000; i++) spawn('x', 1); }).toThrow('Resource temporarily unavailable');
  });
});
