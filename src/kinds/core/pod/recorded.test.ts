import { readFileSync } from 'node:fs';
import type { KubeObject } from '../../../api/object.js';
import type { Pod } from '../../../api/types/core-v1.js';
import { answerOf, comparable, type Answer } from '../../../../test/support/pods/outcome.js';
import { testServer, type TestServer } from '../../../../test/support/pods/server.js';
import { podCells } from './cells.js';

/** Pods as the real server answered them (test/support/pods/record.mjs), through our whole pipeline. */

const load = <T>(name: string): T[] => JSON.parse(readFileSync(`test/fixtures/pods/${name}.json`, 'utf8')) as T[];
const NAMESPACE = 'pods-recorder';
const CONTENT_TYPE = 'application/json';
/** Several errors of one map: Go's order is random. */
const UNORDERED = ['negative amounts', 'resources that do not exist', 'extended resources that do not fit', 'bad labels and annotations', 'a node selector that is wrong', 'annotations that are wrong'];

describe('a pod that is created', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer({ namespace: NAMESPACE });
  });
  afterAll(() => server.close());

  test.each(load<Answer & { name: string; pod: object }>('create').map((recorded) => [recorded.name, recorded] as const))('%s', async (_name, recorded) => {
    const response = await server.ask('POST', 'pods', { body: recorded.pod, query: 'dryRun=All&fieldValidation=Ignore', contentType: CONTENT_TYPE });
    const unordered = UNORDERED.includes(recorded.name);
    expect(comparable(answerOf(response), unordered)).toEqual(comparable(recorded, unordered));
  });
});

interface UpdateCase extends Answer {
  readonly name: string;
  readonly subresource?: string;
  readonly type?: string;
  readonly patch: object;
}

describe.each(load<{ title: string; old: KubeObject; cases: UpdateCase[] }>('update').map((group) => [group.title, group] as const))('%s gets', (_title, { old, cases }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer({ namespace: NAMESPACE });
    await server.seed(old, 'pods');
  });
  afterAll(() => server.close());

  test.each(cases.map((recorded) => [recorded.name, recorded] as const))('%s', async (_name, recorded) => {
    const path = `pods/${old.metadata.name}${recorded.subresource ? `/${recorded.subresource}` : ''}`;
    const contentType = `application/${recorded.type ?? 'merge-patch'}+json`;
    const response = await server.ask('PATCH', path, { body: recorded.patch, query: 'dryRun=All&fieldValidation=Ignore', contentType });
    expect(comparable(answerOf(response))).toEqual(comparable(recorded));
  });
});

describe('the row of a pod', () => {
  const rows = load<{ title: string; at: number; pod: Pod; cells: unknown[] }>('rows');
  test.each(rows.map((row) => [row.title, row] as const))('%s', (_title, { at, pod, cells }) => {
    expect(podCells(pod, at)).toEqual(cells);
  });
});
