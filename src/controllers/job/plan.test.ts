import type { Job, JobSpec, JobStatus, PodFailurePolicyRule } from '../../api/types/batch-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { NO_FAILURES } from './backoff.js';
import { plan, type JobPlan, type JobView } from './plan.js';
import { TRACKING_FINALIZER } from './pods.js';

const NOW = Date.UTC(2026, 0, 1);
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString().replace('.000', '');
const TEMPLATE = { spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' } };
const RUNNING: JobStatus = { startTime: ago(100) };

function job(spec: Partial<JobSpec> = {}, status: JobStatus = RUNNING): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'ns', uid: 'j' },
    spec: { completions: 1, parallelism: 1, backoffLimit: 6, podReplacementPolicy: spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed', template: TEMPLATE, ...spec },
    status,
  };
}

const indexed = (spec: Partial<JobSpec>, status?: JobStatus): Job => job({ completionMode: 'Indexed', completions: 3, parallelism: 3, ...spec }, status);

interface Sketch {
  phase?: string;
  index?: number;
  /** Seconds since it came to its end. */
  ended?: number;
  code?: number;
  container?: string;
  init?: boolean;
  failures?: string;
  ignored?: string;
  deleted?: boolean;
  ready?: boolean;
  age?: number;
  cost?: string;
  restarts?: number;
  untracked?: boolean;
  condition?: string;
}

function pod(name: string, sketch: Sketch = {}): Pod {
  const { phase = 'Running', index, ended, code = phase === 'Failed' ? 1 : 0, failures, ignored, deleted, cost, condition } = sketch;
  const status = {
    name: sketch.container ?? 'c',
    image: '',
    imageID: '',
    ready: false,
    restartCount: sketch.restarts ?? 0,
    state: ended === undefined ? {} : { terminated: { exitCode: code, finishedAt: ago(ended) } },
  };
  const annotations = {
    ...(index === undefined ? {} : { 'batch.kubernetes.io/job-completion-index': String(index) }),
    ...(failures === undefined ? {} : { 'batch.kubernetes.io/job-index-failure-count': failures }),
    ...(ignored === undefined ? {} : { 'batch.kubernetes.io/job-index-ignored-failure-count': ignored }),
    ...(cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': cost }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ns', uid: name, creationTimestamp: ago(sketch.age ?? 50), annotations, finalizers: sketch.untracked ? [] : [TRACKING_FINALIZER], ...(deleted ? { deletionTimestamp: ago(0) } : {}) },
    spec: { containers: [], nodeName: 'n' },
    status: {
      phase,
      conditions: [...(sketch.ready ? [{ type: 'Ready', status: 'True', lastTransitionTime: ago(1) }] : []), ...(condition ? [{ type: condition, status: 'True' }] : [])],
      ...(sketch.init ? { initContainerStatuses: [status] } : { containerStatuses: [status] }),
    },
  };
}

const failed = (name: string, sketch: Sketch = {}): Pod => pod(name, { phase: 'Failed', ended: 1000, ...sketch });
const done = (name: string, sketch: Sketch = {}): Pod => pod(name, { phase: 'Succeeded', ended: 5, ...sketch });

function planned(of: Job, pods: Pod[] = [], view: Partial<JobView> = {}): JobPlan {
  return plan({ job: of, pods, released: new Set(), settled: true, backoff: NO_FAILURES, nowMs: NOW, ...view });
}

const outcomeOf = ({ outcome }: JobPlan): string | undefined => outcome && `${outcome.type} ${outcome.reason}: ${outcome.message}`;
const names = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.name);
const indexesOf = ({ create }: JobPlan): Array<number | undefined> => create.map(({ index }) => index);

const LIMIT = 'FailureTarget BackoffLimitExceeded: Job has reached the specified backoff limit';
const DEADLINE = 'FailureTarget DeadlineExceeded: Job was active longer than specified deadline';

describe('how many pods there are to be', () => {
  test.each<[string, Job, Pod[], number, string[]]>([
    ['as many as may run at a time', job({ completions: 5, parallelism: 2 }), [], 2, []],
    ['no more than are still to succeed', job({ completions: 5, parallelism: 4 }, { ...RUNNING, succeeded: 3 }), [pod('a')], 1, []],
    ['those noted but not yet counted have succeeded', job({ completions: 3, parallelism: 3 }, { ...RUNNING, uncountedTerminatedPods: { succeeded: ['x'] } }), [done('x')], 2, []],
    ['none at a parallelism of 0', job({ completions: 5, parallelism: 0 }), [], 0, []],
    ['fewer when parallelism falls', job({ completions: 5, parallelism: 1 }), [pod('old', { age: 90 }), pod('young', { age: 10 })], 0, ['young']],
    ['a cost of deletion counts for nothing', job({ completions: 5, parallelism: 1 }), [pod('old', { age: 90, cost: '-9' }), pod('young', { age: 80 })], 0, ['young']],
    ['pods that are not ready go first', job({ completions: 5, parallelism: 1 }), [pod('ready', { ready: true, age: 1 }), pod('not', { age: 90 })], 0, ['not']],
    ['pods that restarted more go first', job({ completions: 5, parallelism: 1 }), [pod('calm', { age: 1 }), pod('restless', { age: 90, restarts: 2 })], 0, ['restless']],
    ['a work queue has as many as may run', job({ completions: undefined, parallelism: 3 }), [pod('a')], 2, []],
    ['a work queue gets none after the first success', job({ completions: undefined, parallelism: 3 }), [pod('a'), done('b')], 0, []],
    ['a work queue keeps all after the first success', job({ completions: undefined, parallelism: 1 }), [pod('a'), pod('b'), done('c')], 0, []],
    ['all go while the Job is suspended', job({ suspend: true, completions: 2, parallelism: 2 }), [pod('a'), pod('b')], 0, ['a', 'b']],
    ['a terminating pod is replaced at once', job({}), [pod('a', { deleted: true, untracked: true })], 1, []],
    ['a terminating pod is replaced only once it has failed', job({ podReplacementPolicy: 'Failed' }), [pod('a', { deleted: true })], 0, []],
    ['a pod failure policy waits for failures too', job({ podFailurePolicy: { rules: [] } }), [pod('a', { deleted: true })], 0, []],
    ['a failed pod is replaced', job({ podReplacementPolicy: 'Failed' }), [failed('a')], 1, []],
    ['500 at a time', job({ completions: 900, parallelism: 900 }), [], 500, []],
  ])('%s', (_name, of, pods, create, remove) => {
    const result = planned(of, pods);
    expect([result.create.length, names(result.remove), outcomeOf(result)]).toEqual([create, remove, undefined]);
  });

  test.each<[string, Job, boolean]>([
    ['while the cache is behind', job(), false],
    ['of a Job that is being deleted', { ...job(), metadata: { ...job().metadata, deletionTimestamp: ago(1) } }, true],
  ])('nothing is created %s', (_name, of, settled) => {
    expect(planned(of, [], { settled })).toMatchObject({ create: [], managed: false });
  });
});

describe('the back-off', () => {
  test.each<[number, number, number | undefined]>([
    [1, 4, 6_000],
    [1, 11, undefined],
    [2, 4, 16_000],
    [3, 4, 36_000],
    [9, 4, 596_000],
  ])('%i failures, the last %i s ago', (failures, seconds, waitMs) => {
    const result = planned(job(), [], { backoff: { failures, lastMs: NOW - seconds * 1000 } });
    expect([result.requeueMs, result.create.length]).toEqual(waitMs === undefined ? [undefined, 1] : [waitMs, 0]);
  });

  test('grows with every new failure and ends with a success after it', () => {
    const backoff = { failures: 2, lastMs: NOW - 60_000 };
    const of = job({ completions: 9, parallelism: 9 });
    expect(planned(of, [failed('a', { ended: 3 }), failed('b', { ended: 7 })], { backoff }).backoff).toEqual({ failures: 4, lastMs: NOW - 3_000 });
    expect(planned(of, [failed('a', { ended: 7 }), done('b', { ended: 5 })], { backoff }).backoff).toEqual(NO_FAILURES);
    expect(planned(of, [failed('a', { ended: 3 }), done('b', { ended: 5 })], { backoff }).backoff).toEqual({ failures: 1, lastMs: NOW - 3_000 });
  });

  test('a failure that is noted already, or whose finalizer is gone, is none', () => {
    const of = job({}, { ...RUNNING, uncountedTerminatedPods: { failed: ['a'] } });
    expect(planned(of, [failed('a'), failed('b'), failed('c', { untracked: true })], { released: new Set(['b']) }).backoff).toEqual(NO_FAILURES);
  });
});

describe('when a Job fails', () => {
  const onFailure = { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: 'OnFailure' } };
  test.each<[string, Job, Pod[], string | undefined]>([
    ['as many failures as the limit', job({ backoffLimit: 1 }), [failed('a')], undefined],
    ['one more', job({ backoffLimit: 1 }, { ...RUNNING, failed: 1 }), [failed('a')], LIMIT],
    ['those noted count', job({ backoffLimit: 1 }, { ...RUNNING, uncountedTerminatedPods: { failed: ['x', 'y'] } }), [], LIMIT],
    ['a deleted pod has failed', job({ backoffLimit: 0 }), [pod('a', { deleted: true })], LIMIT],
    ['a deleted pod has not failed yet', job({ backoffLimit: 0, podReplacementPolicy: 'Failed' }), [pod('a', { deleted: true })], undefined],
    ['restarts below the limit', job({ backoffLimit: 2, template: onFailure }), [pod('a', { restarts: 1 })], undefined],
    ['restarts of several pods at the limit', job({ backoffLimit: 2, parallelism: 2, completions: 2, template: onFailure }), [pod('a', { restarts: 1 }), pod('b', { restarts: 1, init: true })], LIMIT],
    ['no restart at a limit of 0', job({ backoffLimit: 0, template: onFailure }), [pod('a')], undefined],
    ['a restart at a limit of 0', job({ backoffLimit: 0, template: onFailure }), [pod('a', { restarts: 1 })], LIMIT],
    ['restarts of pods that never restart', job({ backoffLimit: 0 }), [pod('a', { restarts: 5 })], undefined],
    ['within the deadline', job({ activeDeadlineSeconds: 101 }), [pod('a')], undefined],
    ['at the deadline', job({ activeDeadlineSeconds: 100 }), [pod('a')], DEADLINE],
    ['a deadline of 0, at once', job({ activeDeadlineSeconds: 0 }, {}), [], DEADLINE],
    ['no deadline while suspended', job({ activeDeadlineSeconds: 10, suspend: true }), [], undefined],
    ['the limit before the deadline', job({ activeDeadlineSeconds: 10, backoffLimit: 0 }), [failed('a')], LIMIT],
    ['as was told before', job({}, { ...RUNNING, conditions: [{ type: 'FailureTarget', status: 'True', reason: 'R', message: 'm' }] }), [], 'Failed R: m'],
    ['not after success', job({ backoffLimit: 0 }, { ...RUNNING, conditions: [{ type: 'SuccessCriteriaMet', status: 'True', reason: 'R', message: 'm' }] }), [failed('a')], 'SuccessCriteriaMet R: m'],
  ])('%s', (_name, of, pods, expected) => {
    const result = planned(of, pods);
    expect(outcomeOf(result)).toBe(expected);
    // What still runs is ended, and keeps its finalizer until it is counted.
    if (expected !== undefined) expect(result).toMatchObject({ end: pods.filter(({ status, metadata }) => status?.phase === 'Running' && !metadata.deletionTimestamp), remove: [], create: [] });
  });

  test('the look at the deadline', () => {
    expect(planned(job({ activeDeadlineSeconds: 130 }), [pod('a')]).requeueMs).toBe(30_000);
    expect(planned(job({ activeDeadlineSeconds: 130 }, {}), [pod('a')])).toMatchObject({ requeueMs: 130_000, startTime: ago(0) });
    expect(planned(job({ suspend: true, activeDeadlineSeconds: 130 }, {}))).toMatchObject({ requeueMs: undefined, startTime: undefined });
  });
});

describe('the pod failure policy', () => {
  const exit = (action: string, operator: string, values: number[], containerName?: string): PodFailurePolicyRule => ({ action, onExitCodes: { operator, values, containerName } });
  const condition = (action: string, type: string, status = 'True'): PodFailurePolicyRule => ({ action, onPodConditions: [{ type, status }] });
  const FAILED = 'FailureTarget PodFailurePolicy: Container c for pod ns/a failed with exit code 42 matching FailJob rule at index';
  test.each<[string, PodFailurePolicyRule[], Sketch, string | undefined]>([
    ['FailJob by code', [exit('FailJob', 'In', [42])], { code: 42 }, `${FAILED} 0`],
    ['FailJob by another code', [exit('FailJob', 'In', [42])], { code: 43 }, LIMIT],
    ['FailJob by no listed code', [exit('FailJob', 'NotIn', [1, 2])], { code: 42 }, `${FAILED} 0`],
    ['NotIn, listed', [exit('FailJob', 'NotIn', [42])], { code: 42 }, LIMIT],
    ['NotIn never means success', [exit('FailJob', 'NotIn', [42])], { code: 0 }, LIMIT],
    ['of the container', [exit('FailJob', 'In', [42], 'c')], { code: 42 }, `${FAILED} 0`],
    ['of another container', [exit('FailJob', 'In', [42], 'd')], { code: 42 }, LIMIT],
    ['of an init container', [exit('FailJob', 'In', [42], 'c')], { code: 42, init: true }, `${FAILED} 0`],
    ['the first rule that fits', [exit('Ignore', 'In', [1]), exit('FailJob', 'In', [42]), exit('Ignore', 'In', [42])], { code: 42 }, `${FAILED} 1`],
    ['Ignore', [exit('Ignore', 'In', [42]), exit('FailJob', 'In', [42])], { code: 42 }, undefined],
    ['Count', [exit('Count', 'In', [42]), exit('FailJob', 'In', [42])], { code: 42 }, LIMIT],
    ['Ignore by condition', [condition('Ignore', 'DisruptionTarget')], { condition: 'DisruptionTarget' }, undefined],
    ['FailJob by condition', [condition('FailJob', 'ConfigIssue')], { condition: 'ConfigIssue' }, 'FailureTarget PodFailurePolicy: Pod ns/a has condition ConfigIssue matching FailJob rule at index 0'],
    ['a condition of another status', [condition('Ignore', 'DisruptionTarget', 'False')], { condition: 'DisruptionTarget' }, LIMIT],
  ])('%s', (_name, rules, sketch, expected) => {
    expect(outcomeOf(planned(job({ backoffLimit: 0, podFailurePolicy: { rules } }), [failed('a', sketch)]))).toBe(expected);
  });

  test('FailIndex fails the index whatever its limit', () => {
    const of = indexed({ backoffLimitPerIndex: 5, podFailurePolicy: { rules: [exit('FailIndex', 'In', [42])] } });
    const { indexes, create } = planned(of, [failed('a', { index: 0, code: 42 }), failed('b', { index: 1 })]);
    expect([[...(indexes?.failed ?? [])], create]).toEqual([[0], [{ index: 1, failures: { counted: 1, ignored: 0 } }, { index: 2, failures: { counted: 0, ignored: 0 } }]]);
  });

  test('an ignored failure is counted apart in its index', () => {
    const of = indexed({ completions: 1, backoffLimitPerIndex: 0, podFailurePolicy: { rules: [exit('Ignore', 'In', [42])] } });
    expect(planned(of, [failed('a', { index: 0, code: 42, ignored: '2' })]).create).toEqual([{ index: 0, failures: { counted: 0, ignored: 3 } }]);
  });
});

describe('completion indexes', () => {
  test.each<[string, Job, Pod[], Array<number | undefined>, string[]]>([
    ['the lowest that are free', indexed({ completions: 5, parallelism: 3 }, { ...RUNNING, completedIndexes: '0,2' }), [pod('a', { index: 1 })], [3, 4], []],
    ['text that is no index is passed over', indexed({ completions: 4, parallelism: 4 }, { ...RUNNING, completedIndexes: 'x,0-1' }), [], [2, 3], []],
    ['one pod of each', indexed({}), [pod('old', { index: 0, age: 90 }), pod('young', { index: 0, age: 10 })], [], ['young']],
    ['no pod beyond the completions', indexed({ completions: 1, parallelism: 1 }), [pod('a', { index: 0 }), pod('b', { index: 1 })], [], ['b']],
    ['no pod without one', indexed({ completions: 2 }), [pod('a')], [], ['a']],
    ['not one whose pod still terminates', indexed({ podReplacementPolicy: 'Failed' }), [pod('a', { index: 0, deleted: true })], [1, 2], []],
    ['one whose pod terminates', indexed({}), [pod('a', { index: 0, deleted: true, untracked: true })], [0, 1, 2], []],
  ])('%s', (_name, of, pods, create, remove) => {
    const result = planned(of, pods);
    expect([indexesOf(result), names(result.remove)]).toEqual([create, remove]);
  });

  test('an index that succeeds twice counts once', () => {
    expect(planned(indexed({}, { ...RUNNING, completedIndexes: '0', succeeded: 1 }), [done('a', { index: 0 }), done('b', { index: 1 }), done('c', { index: 7 })]).succeeded).toBe(2);
  });
});

describe('a back-off limit for each index', () => {
  test.each<[string, Partial<JobSpec>, Pod[], number[], string | undefined]>([
    ['below the limit', { backoffLimitPerIndex: 1 }, [failed('a', { index: 0, failures: '0' })], [], undefined],
    ['at the limit', { backoffLimitPerIndex: 1 }, [failed('a', { index: 0, failures: '1' })], [0], undefined],
    ['counts that are none are 0', { backoffLimitPerIndex: 1 }, [failed('a', { index: 0, failures: '1e3' }), failed('b', { index: 1, failures: '-2' }), failed('c', { index: 2, failures: '4294967296' })], [], undefined],
    ['all failed or succeeded', { backoffLimitPerIndex: 0 }, [failed('a', { index: 0 }), done('b', { index: 1 }), done('c', { index: 2 })], [0], 'FailureTarget FailedIndexes: Job has failed indexes'],
    ['as many as may fail', { backoffLimitPerIndex: 0, maxFailedIndexes: 1 }, [failed('a', { index: 0 })], [0], undefined],
    ['more than may fail', { backoffLimitPerIndex: 0, maxFailedIndexes: 1 }, [failed('a', { index: 0 }), failed('b', { index: 2 })], [0, 2], 'FailureTarget MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes'],
  ])('%s', (_name, spec, pods, failures, expected) => {
    const result = planned(indexed({ backoffLimit: 2 ** 31 - 1, ...spec }), pods);
    expect([[...(result.indexes?.failed ?? [])], outcomeOf(result)]).toEqual([failures, expected]);
  });

  test('every index waits for itself', () => {
    const of = indexed({ backoffLimit: 2 ** 31 - 1, backoffLimitPerIndex: 5 });
    const waiting = [failed('a', { index: 0, ended: 4, failures: '0' }), failed('b', { index: 1, ended: 4, failures: '1' })];
    expect(planned(of, waiting).create).toEqual([{ index: 2, failures: { counted: 0, ignored: 0 } }]);
    const rest = planned(of, [...waiting, pod('c', { index: 2 })]);
    expect([rest.create, rest.requeueMs]).toEqual([[], 6_000]);
    expect(planned(of, [failed('a', { index: 0, ended: 11, failures: '0' }), pod('b', { index: 1 }), pod('c', { index: 2 })]).create).toEqual([{ index: 0, failures: { counted: 1, ignored: 0 } }]);
  });

  test('the failed pod is kept until its index has the next', () => {
    const of = indexed({ backoffLimit: 2 ** 31 - 1, backoffLimitPerIndex: 5 });
    const pods = [failed('first', { index: 0, failures: '0' }), failed('second', { index: 0, failures: '1' })];
    expect(planned(of, pods).indexes?.delayed.get(0)?.metadata.name).toBe('second');
    expect(planned(of, [...pods, pod('next', { index: 0 })]).indexes?.delayed.size).toBe(0);
  });
});

describe('the success policy', () => {
  test.each<[string, NonNullable<JobSpec['successPolicy']>['rules'], number[], number | undefined]>([
    ['all of the indexes', [{ succeededIndexes: '0,2' }], [0, 2], 0],
    ['one is missing', [{ succeededIndexes: '0,2' }], [0, 1], undefined],
    ['enough of the indexes', [{ succeededIndexes: '0-2', succeededCount: 2 }], [0, 2], 0],
    ['others do not count', [{ succeededIndexes: '0-1', succeededCount: 2 }], [0, 2], undefined],
    ['any so many', [{ succeededCount: 2 }], [1, 2], 0],
    ['too few', [{ succeededCount: 2 }], [1], undefined],
    ['the first rule that fits', [{ succeededIndexes: '0' }, { succeededIndexes: '1' }, { succeededCount: 1 }], [1], 1],
  ])('%s', (_name, rules, succeeded, rule) => {
    const pods = [pod('running', { index: 4 }), ...succeeded.map((index) => done(`p${index}`, { index }))];
    const result = planned(indexed({ completions: 5, parallelism: 5, successPolicy: { rules } }), pods);
    expect(outcomeOf(result)).toBe(rule === undefined ? undefined : `SuccessCriteriaMet SuccessPolicy: Matched rules at index ${rule}`);
    expect(names(result.end)).toEqual(rule === undefined ? [] : ['running']);
  });

  test('failures come first', () => {
    const of = indexed({ backoffLimitPerIndex: 0, maxFailedIndexes: 0, successPolicy: { rules: [{ succeededCount: 1 }] } });
    expect(planned(of, [failed('a', { index: 0 }), done('b', { index: 1 })]).outcome?.reason).toBe('MaxFailedIndexesExceeded');
  });
});
