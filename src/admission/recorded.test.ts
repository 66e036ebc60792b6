import { readFileSync } from 'node:fs';
import { answerOf, comparable, type Answer } from '../../test/support/pods/outcome.js';
import { testServer, type TestServer } from '../../test/support/pods/server.js';
import type { KubeObject } from '../api/object.js';

/** What the real server's admission plugins made of pods and claims (test/support/pods/record.mjs). */

const NAMESPACE = 'pods-recorder';
const RESOURCES: Readonly<Record<string, readonly [string, string?]>> = {
  PriorityClass: ['priorityclasses', 'scheduling.k8s.io'],
  RuntimeClass: ['runtimeclasses', 'node.k8s.io'],
  LimitRange: ['limitranges'],
  ServiceAccount: ['serviceaccounts'],
};
/** Bounds of one map: Go's order is random. */
const UNORDERED = ['many bounds at once', 'a request below the minimum', 'a limit above the maximum'];

interface AdmissionCase extends Answer {
  readonly name: string;
  readonly path: string;
  readonly input: KubeObject;
}

const recorded = JSON.parse(readFileSync('test/fixtures/pods/admission.json', 'utf8')) as { objects: KubeObject[]; cases: AdmissionCase[] };

describe('admission of', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer({ namespace: NAMESPACE });
    for (const object of recorded.objects) {
      const [resource, group] = RESOURCES[object.kind] ?? [''];
      await server.seed(object, resource, group);
    }
  });
  afterAll(() => server.close());

  test.each(recorded.cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const response = await server.ask('POST', one.path, { body: one.input, query: 'dryRun=All&fieldValidation=Ignore' });
    const unordered = UNORDERED.includes(name);
    expect(comparable(answerOf(response), unordered)).toEqual(comparable(one, unordered));
  });
});
