import type { CronJob } from '../../api/types/batch-v1.js';
import { mostRecent, untilNextMs } from './plan.js';
import { formatInZone, isTimeZone, parseSchedule } from './schedule.js';

const at = (text: string): number => Date.parse(text);

function cronJob(last: string | undefined, deadline?: number): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'c', creationTimestamp: '2026-01-01T10:00:30Z' },
    spec: { schedule: '', jobTemplate: {}, ...(deadline === undefined ? {} : { startingDeadlineSeconds: deadline }) },
    ...(last ? { status: { lastScheduleTime: last } } : {}),
  };
}

describe('times of schedules', () => {
  test.each([
    ['*/5 * * * *', undefined, '2026-01-01T10:00:30Z', '2026-01-01T10:05:00.000Z'],
    ['@hourly', undefined, '2026-01-01T10:00:30Z', '2026-01-01T11:00:00.000Z'],
    ['@every 90s', undefined, '2026-01-01T10:00:30Z', '2026-01-01T10:02:00.000Z'],
    ['0 3 * * *', 'Asia/Tokyo', '2026-01-01T10:00:00Z', '2026-01-01T18:00:00.000Z'],
    ['TZ=Asia/Tokyo 0 3 * * *', undefined, '2026-01-01T10:00:00Z', '2026-01-01T18:00:00.000Z'],
    ['0 0 ? * 1', undefined, '2026-01-01T10:00:00Z', '2026-01-05T00:00:00.000Z'],
  ])('%s in zone %s after %s', (text, zone, after, expected) => {
    expect(new Date(parseSchedule(text, zone).next(at(after)) as number).toISOString()).toBe(expected);
  });

  test.each(['x', '@never', '@every soon', '* * * *'])('%s is no schedule', (text) => {
    expect(() => parseSchedule(text)).toThrow();
  });

  test('times are told in the zone', () => {
    expect(formatInZone(at('2026-07-01T10:00:00Z'), 'Europe/Berlin')).toBe('2026-07-01T12:00:00+02:00');
    expect(formatInZone(at('2026-07-01T10:00:00Z'), undefined)).toBe('2026-07-01T10:00:00Z');
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Nowhere/City')]).toEqual([true, false]);
  });
});

describe('what is due', () => {
  const schedule = parseSchedule('* * * * *');
  test.each<[string, string | undefined, number | undefined, string, string | undefined, string]>([
    ['nothing before the first time', undefined, undefined, '2026-01-01T10:00:50Z', undefined, 'none'],
    ['the first time', undefined, undefined, '2026-01-01T10:01:05Z', '2026-01-01T10:01:00Z', 'none'],
    ['the latest of several', undefined, undefined, '2026-01-01T10:05:05Z', '2026-01-01T10:05:00Z', 'few'],
    ['the latest of many', undefined, undefined, '2026-01-01T13:05:05Z', '2026-01-01T13:05:00Z', 'many'],
    ['nothing twice', '2026-01-01T10:05:00Z', undefined, '2026-01-01T10:05:05Z', undefined, 'none'],
    ['nothing beyond the deadline', undefined, 10, '2026-01-01T10:05:30Z', undefined, 'none'],
  ])('%s', (_name, last, deadline, now, due, missed) => {
    const found = mostRecent(cronJob(last, deadline), schedule, at(now), true);
    expect([found.dueMs, found.missed]).toEqual([due === undefined ? undefined : at(due), missed]);
  });

  test('the next look is a little after the next time', () => {
    expect(untilNextMs(cronJob('2026-01-01T10:05:00Z'), schedule, at('2026-01-01T10:05:05Z'))).toBe(55_100);
  });
});
