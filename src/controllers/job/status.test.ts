import type { Job, JobCondition, JobSpec, JobStatus } from '../../api/types/batch-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { completion, endEvents } from './outcome.js';
import { TRACKING_FINALIZER } from './pods.js';
import { StatusDraft } from './status.js';
import { trackFinished } from './tracking.js';

const NOW = '2026-01-01T00:00:00Z';
const NONE = { succeeded: [], failed: [] };

function job(spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'ns' }, spec: { completions: 2, template: {}, ...spec }, status };
}

function pod(name: string, phase: string): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns', uid: name, finalizers: [TRACKING_FINALIZER] }, spec: { containers: [] }, status: { phase } };
}

const condition = (type: string, reason: string, message: string, status = 'True'): JobCondition => ({ type, status, reason, message, lastProbeTime: NOW, lastTransitionTime: NOW });
const REACHED = condition('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods');
const LIMIT = condition('FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');

describe('completion', () => {
  test.each<[string, number | undefined, number, number, JobCondition | undefined]>([
    ['enough succeeded', 2, 2, 0, REACHED],
    ['too few', 2, 1, 0, undefined],
    ['something still runs', 2, 2, 1, undefined],
    ['none wanted', 0, 0, 0, REACHED],
    ['a work queue with a success', undefined, 1, 0, REACHED],
    ['a work queue without one', undefined, 0, 0, undefined],
  ])('%s', (_name, completions, succeeded, active, expected) => {
    expect(completion(job({ completions }), succeeded, active, NOW)).toEqual(expected);
  });

  test('the events of the end', () => {
    const completed = condition('Complete', REACHED.reason as string, '');
    expect(endEvents(job(), { succeeded: 2 }, completed)).toEqual([['Normal', 'Completed', 'Job completed']]);
    expect(endEvents(job(), { succeeded: 3 }, completed)[0]).toEqual(['Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached']);
    expect(endEvents(job(), {}, condition('Failed', 'R', 'm'))).toEqual([['Warning', 'R', 'm']]);
  });
});

describe('the end of a Job', () => {
  test.each<[string, JobCondition, string, JobStatus]>([
    ['success', REACHED, 'Complete', { completionTime: NOW }],
    ['failure', LIMIT, 'Failed', {}],
  ])('%s is announced, and told once no pod terminates', (_name, outcome, type, more) => {
    const terminating = new StatusDraft(job(), NOW);
    terminating.setCounts({ active: 0, ready: 0, terminating: 1 });
    const end = terminating.announce(outcome, NOW);
    expect(terminating.end(end)).toBe(false);
    expect(terminating.toStatus()).toEqual({ startTime: NOW, ready: 0, terminating: 1, conditions: [outcome], uncountedTerminatedPods: {} });
    const gone = new StatusDraft(job({}, terminating.toStatus()), NOW);
    gone.setCounts({ active: 0, ready: 0, terminating: 0 });
    expect(gone.end(gone.announce(outcome, NOW))).toBe(true);
    expect(gone.toStatus()).toEqual({ ...more, startTime: NOW, ready: 0, terminating: 0, conditions: [outcome, { ...outcome, type }], uncountedTerminatedPods: {} });
  });

  test('waits for pods to be counted', () => {
    const draft = new StatusDraft(job({}, { uncountedTerminatedPods: { failed: ['a', 'b'] }, failed: 1 }), NOW);
    const end = draft.announce(LIMIT, NOW);
    draft.countReleased(new Set(['b']));
    expect([draft.end(end), draft.toStatus().failed, draft.uncounted.failed]).toEqual([false, 2, ['b']]);
    draft.countReleased(new Set());
    expect([draft.end(end), draft.toStatus().failed]).toEqual([true, 3]);
  });
});

test('suspension stops the clock, resumption starts it anew', () => {
  const draft = new StatusDraft(job(), '2025-01-01T00:00:00Z');
  expect(draft.noteSuspension(job(), NOW)).toBe(false);
  expect(draft.noteSuspension(job({ suspend: true }), NOW)).toBe(true);
  expect(draft.noteSuspension(job({ suspend: true }), NOW)).toBe(false);
  expect(draft.toStatus()).toEqual({ conditions: [condition('Suspended', 'JobSuspended', 'Job suspended')], uncountedTerminatedPods: {} });
  expect(draft.noteSuspension(job(), NOW)).toBe(true);
  expect(draft.toStatus()).toEqual({ startTime: NOW, conditions: [condition('Suspended', 'JobResumed', 'Job resumed', 'False')], uncountedTerminatedPods: {} });
});

describe('which pods are counted', () => {
  const pods = [pod('done', 'Succeeded'), pod('failed', 'Failed'), pod('running', 'Running')];
  test.each<[string, JobCondition | undefined, string[], string[], string[]]>([
    ['those that came to an end', undefined, ['done', 'failed'], ['done'], ['failed']],
    ['with the Job failed, those that run have failed', LIMIT, ['done', 'failed', 'running'], ['done'], ['failed', 'running']],
    ['with the Job complete, those that run are let go uncounted', REACHED, ['done', 'failed', 'running'], ['done'], ['failed']],
  ])('%s', (_name, finished, release, succeeded, failed) => {
    const tracked = trackFinished(job(), pods, new Set(), NONE, undefined, finished);
    expect(tracked).toMatchObject({ succeeded, failed, full: false });
    expect(tracked.release.map(({ metadata }) => metadata.name)).toEqual(release);
  });

  test('none twice, and none that is released', () => {
    expect(trackFinished(job(), pods, new Set(['failed']), { succeeded: ['done'], failed: [] }, undefined, undefined)).toMatchObject({ release: [pods[0]], succeeded: [], failed: [] });
  });

  test('500 at a time', () => {
    const many = Array.from({ length: 600 }, (_, i) => pod(`p${i}`, 'Failed'));
    const tracked = trackFinished(job(), many, new Set(), { succeeded: ['x'], failed: [] }, undefined, undefined);
    expect([tracked.release.length, tracked.full]).toEqual([499, true]);
  });
});
