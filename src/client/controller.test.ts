import { ApiError } from '../api/errors.js';
import { FakeClock } from '../base/fake-clock.js';
import { silentLogger, type Logger } from '../base/logger.js';
import { type Controller, type ControllerContext, ControllerRunner, NotYet, TerminalError } from './controller.js';

type Line = readonly [level: string, fields: Record<string, unknown>, message: string];

/** Reconciles one key, which fails with `error` at first, and gives what was logged and how often it was tried. */
async function failing(error: unknown): Promise<{ lines: readonly Line[]; tries: number }> {
  const lines: Line[] = [];
  const note = (level: string) => (fields: object, message: string): void => void lines.push([level, fields as Record<string, unknown>, message]);
  const logger: Logger = { ...silentLogger, debug: note('debug'), warn: note('warn'), error: note('error') };
  const clock = new FakeClock();
  let tries = 0;
  const controller: Controller = {
    name: 'moody-controller',
    setUp: () => {},
    reconcile: () => (tries++ === 0 ? Promise.reject(error as Error) : Promise.resolve()),
  };
  const runner = new ControllerRunner(controller, { clock, logger } as unknown as ControllerContext);
  runner.queue.add('default/x');
  runner.start();
  for (let i = 0; i < 20; i++) await Promise.resolve();
  await clock.advance(1000);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  await runner.stop();
  return { lines, tries };
}

describe('a key that fails', () => {
  const ABOUT = { controller: 'moody-controller', key: 'default/x' };

  test('is tried again without a word where what it waits for is not there yet, and after conflicts', async () => {
    for (const error of [new NotYet('one pod is left'), new ApiError(409, 'Conflict', 'changed'), new ApiError(404, 'NotFound', 'gone')]) {
      const { lines, tries } = await failing(error);
      expect(tries).toBe(2);
      expect(lines).toEqual([['debug', { err: error, ...ABOUT }, 'reconcile failed, will try again']]);
    }
  });

  test('is tried again with what the server refused in one line, without a stack', async () => {
    const { lines, tries } = await failing(new ApiError(403, 'Forbidden', 'exceeded quota'));
    expect(tries).toBe(2);
    expect(lines).toEqual([['warn', { ...ABOUT, error: 'exceeded quota' }, 'reconcile was refused, will try again']]);
  });

  test('is tried again with the whole error where the controller itself has failed', async () => {
    const error = new RangeError('a bug');
    const { lines, tries } = await failing(error);
    expect(tries).toBe(2);
    expect(lines).toEqual([['warn', { err: error, ...ABOUT }, 'reconcile failed, will try again']]);
  });

  test('waits for the next change where trying again cannot help', async () => {
    const error = new TerminalError('no such signer');
    const { lines, tries } = await failing(error);
    expect(tries).toBe(1);
    expect(lines).toEqual([['error', { err: error, ...ABOUT }, 'reconcile failed for good']]);
  });
});
