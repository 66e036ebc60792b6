import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

const names = async () => (await (await cluster.request('/api/v1/namespaces/default/configmaps')).json()).items.map(({ metadata }) => metadata.name).filter((name) => !name.startsWith('kube-'));
const make = (name) => cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

test('makes something', async () => {
  expect(inject('kubette')).toEqual({ nodes: 2 });
  expect(await names()).toEqual([]);
  await make('one');
  expect(await names()).toEqual(['one']);
});

test('does not find what another test has made', async () => {
  expect(await names()).toEqual([]);
  expect((await (await cluster.request('/api/v1/nodes')).json()).items).toHaveLength(2);
});

describe('a group', () => {
  beforeAll(() => make('shared'));

  test('finds what was made for it', async () => {
    await make('mine');
    expect(await names()).toEqual(['mine', 'shared']);
  });

  test('in every test', async () => {
    expect(await names()).toEqual(['shared']);
  });

  describe('with a group of its own', () => {
    beforeAll(() => make('inner'));

    test('finds both', async () => {
      expect(await names()).toEqual(['inner', 'shared']);
    });

    afterAll(async () => {
      expect(await names()).toEqual(['inner', 'shared']);
    });
  });

  test('and only its own again', async () => {
    expect(await names()).toEqual(['shared']);
  });
});

test('which goes with the group', async () => {
  expect(await names()).toEqual([]);
  cluster.faults.add({ error: 500 });
});

test('as do faults', async () => {
  expect(await names()).toEqual([]);
  // A worker has one cluster for all its files.
  expect(cluster.url).toBe((globalThis.clusterOfWorker ??= cluster.url));
});
