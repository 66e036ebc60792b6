#!/usr/bin/env node
// Asks a real kube-apiserver what becomes of the pods of corpus.mjs and updates.mjs and writes its answers to test/fixtures/pods.
// Not part of CI: run by hand when the corpus grows.   node test/support/pods/record.mjs
// ORACLE (https://127.0.0.1:16443) and ORACLE_TOKEN (admintoken) say where; the namespace it makes goes away at the end.
import { writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { createCases } from './corpus.mjs';
import { groups } from './updates.mjs';

const server = process.env.ORACLE ?? 'https://127.0.0.1:16443';
const token = process.env.ORACLE_TOKEN ?? 'admintoken';
const namespace = 'pods-recorder';
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });

function call(method, path, body, type = 'application/json', accept = 'application/json') {
  const payload = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept, 'content-type': type, 'content-length': Buffer.byteLength(payload) };
    const req = httpsRequest(`${server}/${path}`, { method, agent, headers }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => {
        const warnings = [...(res.headers.warning ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1].replace(/\\(.)/g, '$1'));
        resolve({ code: res.statusCode, warnings, body: JSON.parse(Buffer.concat(chunks).toString() || 'null') });
      });
    });
    req.on('error', reject);
    req.end(payload);
  });
}

/** Without what is drawn by lot or by the clock. */
function settled(object) {
  const { uid, creationTimestamp, managedFields, resourceVersion, ...metadata } = object.metadata;
  if (metadata.generateName) metadata.name = `${metadata.generateName}#`;
  return JSON.parse(JSON.stringify({ ...object, metadata }).replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-#').replace(/"lastTransitionTime":"[^"]*"/g, '"lastTransitionTime":"#"'));
}

function answer({ code, warnings, body }) {
  return { code, ...(warnings.length > 0 ? { warnings } : {}), ...(code < 300 ? { object: settled(body) } : { status: { message: body.message, reason: body.reason, details: body.details } }) };
}

const pods = `api/v1/namespaces/${namespace}/pods`;
const write = (name, value) => writeFileSync(new URL(`../../fixtures/pods/${name}.json`, import.meta.url), `[\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n]\n`);

async function until(check) {
  for (let i = 0; i < 100; i++) {
    const value = await check();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('gave up waiting');
}

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
    const { managedFields, ...metadata } = old.metadata;
    updated.push({ title, old: { ...old, metadata }, cases: answers });
    await call('DELETE', own, { gracePeriodSeconds: 0 });
  }
  write('update', updated);

  const { admissionCases, clusterObjects, namespacedObjects } = await import('./admission-cases.mjs');
  const objects = [];
  try {
    for (const [path, object] of [...clusterObjects, ...namespacedObjects.map(([path, object]) => [`api/v1/namespaces/${namespace}/${path}`, object])]) {
      const { code, body } = await call('POST', path, object);
      if (code !== 201) throw new Error(JSON.stringify(body));
      const { managedFields, ...metadata } = body.metadata;
      objects.push({ ...body, metadata });
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
    const { managedFields, ...metadata } = table.body.rows[0].object.metadata;
    rows.push({ title, at, pod: { ...table.body.rows[0].object, metadata }, cells: table.body.rows[0].cells });
    if (deleting) await call('PATCH', own, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    await call('DELETE', own, { gracePeriodSeconds: 0 });
  }
  write('rows', rows);
  console.log(`${created.length} creates, ${updated.flatMap(({ cases }) => cases).length} updates, ${rows.length} rows`);
} finally {
  await call('DELETE', `api/v1/namespaces/${namespace}`);
  agent.destroy();
}
