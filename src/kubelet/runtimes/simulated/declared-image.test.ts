import { DeclarationError } from '../../declared/fields.js';
import { condition, TestNode } from '../../testing/test-node.js';
import { parseImage } from './declared-image.js';

describe('images that are data', () => {
  test.each<[string, unknown, string]>([
    ['no map', 'x', 'images["a"] must be a map of fields, not "x"'],
    ['an unknown field', { htpp: {} }, 'images["a"] has no field "htpp": there are startDelay, log, http, tcp, udp, needsEnv, exit, crash, stop, usage, exec, files, env, entrypoint, cmd, workingDir, user'],
    ['a bad duration', { startDelay: 'soon' }, 'images["a"].startDelay must be a duration such as 2s, 500ms or 1m30s, not "soon"'],
    ['a number for a duration', { exit: { after: 5 } }, 'images["a"].exit.after must be a duration such as 2s, 500ms or 1m30s, not 5'],
    ['an exit code out of range', { exit: { code: 256 } }, 'images["a"].exit.code must be a whole number from 0 to 255, not 256'],
    ['a port that is none', { http: { web: 'x' } }, 'images["a"].http["web"] must be a whole number from 1 to 65535, not "web"'],
    ['a path that is none', { http: { 80: { '/a': 'x', b: 'y' } } }, 'images["a"].http["80"] has the path "b": paths start with / (or are * for all others)'],
    ['a crash that never comes', { crash: {} }, 'images["a"].crash needs the field "onStart"'],
    ['a bad quantity', { usage: { memory: 'much' } }, 'images["a"].usage.memory must be a quantity such as 64Mi, not "much"'],
    ['a line without a text', { log: [{ at: '1s' }] }, 'images["a"].log[0] needs the field "text"'],
    ['lines without a pause', { log: { text: 'x', every: '0s' } }, 'images["a"].log.every must be at least 1ms'],
    ['a file without a path', { files: { motd: 'x' } }, 'images["a"].files names the file "motd": paths of files start with /'],
  ])('with %s are refused in one sentence', (_what, value, message) => {
    expect(() => parseImage(value, 'images["a"]')).toThrow(new DeclarationError(message, '').message.trim());
  });

  test('log, answer, use, crash and end at their times', async () => {
    const node = await new TestNode({
      images: {
        app: { startDelay: '1s', log: ['up on $(HOSTNAME)', { text: 'tick', at: '1s', every: '1s', times: 2 }], tcp: 5432, usage: [{ cpu: '100m', memory: '10Mi' }, { at: '2s', cpu: '300m' }], stop: { after: '1s', code: 5 } },
        flaky: { crash: { onStart: [1, 2], code: 3 }, tcp: [80] },
      },
    }).start();
    await node.run('p', { containers: [{ name: 'c', image: 'app:1' }] });
    await node.until(() => condition(node.pod('p'), 'Ready') === 'True');
    const logs = async (): Promise<string> => {
      let text = '';
      for await (const chunk of node.kubelet.agent?.logs(node.pod('p') as never, { container: 'c', follow: false, previous: false, timestamps: false }, new AbortController().signal) ?? []) text += chunk.toString();
      return text;
    };
    const ip = node.pod('p')?.status?.podIP ?? '';
    await expect(node.network.connect(ip, 5432)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await logs()).toBe('');
    await node.clock.advance(1000);
    expect(await logs()).toBe('up on p\n');
    (await node.network.connect(ip, 5432)).destroy();
    expect(node.kubelet.agent?.stats().pods[0]?.containers[0]).toMatchObject({ cpuNanocores: 100_000_000, memoryWorkingSetBytes: 10 * 2 ** 20 });
    await node.clock.advance(5000);
    expect(await logs()).toBe('up on p\ntick\ntick\n');
    expect(node.kubelet.agent?.stats().pods[0]?.containers[0]).toMatchObject({ cpuNanocores: 300_000_000, memoryWorkingSetBytes: 10 * 2 ** 20 });
    await node.run('f', { containers: [{ name: 'c', image: 'flaky' }] });
    await node.untilLater(() => node.pod('f')?.status?.containerStatuses?.[0]?.restartCount === 2 && condition(node.pod('f'), 'Ready') === 'True');
    expect(node.pod('f')?.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    await node.delete('p');
    await node.untilLater(() => !node.pod('p'), 3000);
    await node.stop();
    expect(node.clock.timers).toBe(0);
  });
});
