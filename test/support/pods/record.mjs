#!/usr/bin/env node
// Asks a real kube-apiserver what becomes of the pods of corpus.mjs and updates.mjs and writes its answers to test/fixtures/pods.
// Not part of CI: run by hand when the corpus grows.   node test/support/pods/record.mjs
// The namespace it makes goes away at the end. No scheduler may be at work: it would write to the pods while they are looked at.
import { writeFileSync } from 'node:fs';
import { createCases } from './corpus.mjs';
import { answer, call, close, until, withoutFields } from './oracle.mjs';
import { groups } from './updates.mjs';

const namespace = 'pods-recorder';

const pods = `api/v1/namespaces/${namespace}/pods`;
const write = (name, value) => writeFileSync(new URL(`../../fixtures/pods/${name}.json`, import.meta.url), `[\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n]\n`);

await call('POST', 'api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
try {
  await until(async () => (await call('GET', `api/v1/namespaces/${namespace}/serviceaccounts/default`)).code === 200);
  const created = [];
  for (const { name, pod } of createCases) created.push({ name, pod, ...answer(await call('POST', `${pods}?dryRun=All&fieldValidation=Ignore`, pod)) });
  write('create', created);

  const updated = [];
  for (const [index, { title, pod, status, cases }] of groups.entries()) {
    const name = `u${index}`;
    const made = await call('POST', pods, { ...pod, metadata: { ...pod.metadata, name } });
    if (made.code !== 201) throw new Error(`${title}: ${JSON.stringify(made.body)}`);
    const own = `${pods}/${name}`;
    if (status) {
      const put = await call('PATCH', `${own}/status`, { status }, 'application/merge-patch+json');
      if (put.code !== 200) throw new Error(`${title}: ${JSON.stringify(put.body)}`);
    }
    const old = (await call('GET', own)).body;
    const answers = [];
    for (const { name: what, subresource, patch, type } of cases) {
      const path = subresource ? `${own}/${subresource}` : own;
      const given = await call('PATCH', `${path}?dryRun=All&fieldValidation=Ignore`, patch, `application/${type ?? 'merge-patch'}+json`);
      answers.push({ name: what, ...(subresource ? { subresource } : {}), patch, ...(type ? { type } : {}), ...answer(given) });
    }
    updated.push({ title, old: withoutFields(old), cases: answers });
    await call('DELETE', own, { gracePeriodSeconds: 0 });
  }
  write('update', updated);

  const { admissionCases, clusterObjects, namespacedObjects } = await import('./admission-cases.mjs');
  const objects = [];
  try {
    for (const [path, object] of [...clusterObjects, ...namespacedObjects.map(([path, object]) => [`api/v1/namespaces/${namespace}/${path}`, object])]) {
      const { code, body } = await call('POST', path, object);
      if (code !== 201) throw new Error(JSON.stringify(body));
      objects.push(withoutFields(body));
    }
    // Informers of the server itself need a moment.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const cases = [];
    for (const [title, { path, object }] of admissionCases) {
      cases.push({ name: title, path, object: undefined, input: object, ...answer(await call('POST', `api/v1/namespaces/${namespace}/${path}?dryRun=All&fieldValidation=Ignore`, object)) });
    }
    writeFileSync(new URL('../../fixtures/pods/admission.json', import.meta.url), `{"objects":[\n${objects.map((o) => JSON.stringify(o)).join(',\n')}\n],"cases":[\n${cases.map((c) => JSON.stringify(c)).join(',\n')}\n]}\n`);
  } finally {
    for (const [path, { metadata }] of clusterObjects) await call('DELETE', `${path}/${metadata.name}`);
  }

  const rows = [];
  const { rowPods } = await import('./rows.mjs');
  for (const [index, { title, pod, status, deleting }] of rowPods.entries()) {
    const name = `r${index}`;
    await call('POST', pods, { ...pod, metadata: { ...pod.metadata, name, ...(deleting ? { finalizers: ['example.com/hold'] } : {}) } });
    const own = `${pods}/${name}`;
    const put = await call('PATCH', `${own}/status`, { status }, 'application/merge-patch+json');
    if (put.code !== 200) throw new Error(`${title}: ${JSON.stringify(put.body)}`);
    if (deleting) await call('DELETE', own);
    const table = await call('GET', `${own}?includeObject=Object`, undefined, 'application/json', 'application/json;as=Table;v=v1;g=meta.k8s.io');
    const at = Date.now();
    rows.push({ title, at, pod: withoutFields(table.body.rows[0].object), cells: table.body.rows[0].cells });
    if (deleting) await call('PATCH', own, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    await call('DELETE', own, { gracePeriodSeconds: 0 });
  }
  write('rows', rows);
  console.log(`${created.length} creates, ${updated.flatMap(({ cases }) => cases).length} updates, ${rows.length} rows`);
} finally {
  await call('DELETE', `api/v1/namespaces/${namespace}`);
  close();
}
