#!/usr/bin/env node
// Asks a real kube-apiserver how it answers the manifests of corpus/*.yaml and writes its answers to test/fixtures/kinds.
// Not part of CI: run it by hand when the corpus grows.   node test/support/kinds/record.mjs [corpus name…]
// Everything is a dry run but the few objects that updates start from; those go away at the end.
// ORACLE (https://127.0.0.1:16443) and ORACLE_TOKEN (admintoken) say where.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { parse } from 'yaml';
import { applyMergePatch, mergePatchOf } from './merge-patch.mjs';

const server = process.env.ORACLE ?? 'https://127.0.0.1:16443';
const token = process.env.ORACLE_TOKEN ?? 'admintoken';
const namespace = 'kinds-recorder';
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
/** Stands for the uid of a created object. */
const UID = 'the-uid';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

function call(method, path, body, accept = 'application/json') {
  const payload = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const req = httpsRequest(`${server}/${path}`, { method, agent, headers: { authorization: `Bearer ${token}`, accept, 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json', 'content-length': Buffer.byteLength(payload) } }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => {
        const warning = res.headers.warning;
        const warnings = warning ? [...warning.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map((m) => m[1].replace(/\\(.)/g, '$1')) : [];
        const text = Buffer.concat(chunks).toString();
        let value;
        try { value = JSON.parse(text); } catch { value = text; }
        resolve({ code: res.statusCode, warnings, body: value });
      });
    });
    req.on('error', reject);
    req.end(payload);
  });
}

/** What the server sets by itself and no kind decides. */
function withoutServerFields(object) {
  const { uid: _uid, creationTimestamp: _creationTimestamp, managedFields: _managedFields, resourceVersion: _resourceVersion, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

async function ask(method, path, input, subresource, table = subresource === undefined || subresource === 'status') {
  const query = `dryRun=All&fieldValidation=Ignore${table ? '&includeObject=Object' : ''}`;
  const { code, warnings, body } = await call(method, `${path}?${query}`, input, table ? TABLE : 'application/json');
  // Some status routes have no table.
  if (code === 406 && table) return ask(method, path, input, subresource, false);
  const at = Date.now();
  const answer = { code, ...(warnings.length > 0 ? { warnings } : {}) };
  if (code >= 300) {
    const { reason, message, details } = body;
    return reason === 'Invalid' ? { ...answer, causes: details.causes ?? [] } : { ...answer, reason, message };
  }
  const row = body.kind === 'Table' ? body.rows[0] : undefined;
  const made = row ? row.object : body;
  const answered = { ...(row && body.columnDefinitions[0]?.name ? { cells: row.cells } : {}), object: withoutServerFields(made) };
  const { cells, object } = method === 'POST' && made.metadata?.uid ? JSON.parse(JSON.stringify(answered).replaceAll(made.metadata.uid, UID)) : answered;
  return { ...answer, at, ...(cells ? { cells } : {}), output: mergePatchOf(withoutServerFields(input), object) };
}

async function record(name) {
  const corpus = parse(readFileSync(new URL(`corpus/${name}.yaml`, import.meta.url), 'utf8'), { merge: true });
  const path = corpus.path.replace('{ns}', namespace);
  const cases = [];
  for (const [title, patch] of Object.entries(corpus.create ?? {})) {
    const input = applyMergePatch(corpus.base, patch);
    cases.push({ name: title, input, ...(await ask('POST', path, input)) });
  }
  const groups = [];
  for (const [index, group] of (corpus.updates ?? []).entries()) {
    const initial = applyMergePatch(corpus.base, group.from ?? {});
    if (!group.keepName) initial.metadata = { ...initial.metadata, name: `${initial.metadata.name}-u${index}` };
    const made = await call('POST', path, initial);
    if (made.code !== 201) throw new Error(`${name}: cannot create the object of updates[${index}]: ${JSON.stringify(made.body)}`);
    const own = `${path}/${initial.metadata.name}`;
    try {
      if (group.wait) await new Promise((resolve) => setTimeout(resolve, group.wait));
      if (group.statusFrom) {
        const current = (await call('GET', own)).body;
        const put = await call('PUT', `${own}/status`, applyMergePatch(current, { status: group.statusFrom }));
        if (put.code !== 200) throw new Error(`${name}: cannot set the status of updates[${index}]: ${JSON.stringify(put.body)}`);
      }
      const old = (await call('GET', own)).body;
      delete old.metadata.managedFields;
      const shown = structuredClone(old);
      const answers = [];
      for (const [route, routeCases] of Object.entries(group)) {
        if (['from', 'statusFrom', 'keepName', 'wait', 'name'].includes(route)) continue;
        const subresource = route === 'update' ? undefined : route;
        for (const [title, patch] of Object.entries(routeCases)) {
          const target = subresource ? `${own}/${subresource}` : own;
          let before = old;
          if (subresource === 'scale') before = (await call('GET', target)).body;
          const input = applyMergePatch(before, patch);
          if (!corpus.withVersion) delete input.metadata.resourceVersion;
          const projected = before === old ? {} : { view: withoutServerFields(before) };
          answers.push({ name: title, ...(subresource ? { subresource } : {}), ...projected, patch, ...(await ask('PUT', target, input, subresource)) });
        }
      }
      groups.push({ old: shown, cases: answers });
    } finally {
      await call('PATCH', own, { metadata: { finalizers: null } });
      await call('DELETE', own, { gracePeriodSeconds: 0, propagationPolicy: 'Background' });
    }
  }
  const line = (value) => JSON.stringify(value);
  const list = (items, indent) => (items.length === 0 ? '[]' : `[\n${items.map((item) => `${indent}  ${line(item)}`).join(',\n')}\n${indent}]`);
  const text = `{\n  "gvk": ${line(gvkOf(corpus.base))},\n  "namespace": ${line(path.includes('/namespaces/') ? namespace : '')},\n  "create": ${list(cases, '  ')},\n  "updates": [${groups
    .map((group) => `\n    {"old": ${line(group.old)},\n     "cases": ${list(group.cases, '     ')}}`)
    .join(',')}]\n}\n`;
  writeFileSync(new URL(`../../fixtures/kinds/${name}.json`, import.meta.url), text);
  const all = [...cases, ...groups.flatMap((group) => group.cases)];
  console.log(`${name}: ${all.length} answers, ${all.filter((c) => c.code >= 300).length} refusals`);
  for (const odd of all.filter((c) => c.code >= 300 && c.reason)) console.log(`  ${odd.name}: ${odd.code} ${odd.message}`);
}

function gvkOf({ apiVersion, kind }) {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group, version, kind };
}

const names = process.argv.length > 2 ? process.argv.slice(2) : readdirSync(new URL('corpus', import.meta.url)).map((file) => file.replace(/\.yaml$/, ''));
if ((await call('GET', `api/v1/namespaces/${namespace}`)).code === 404) await call('POST', 'api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
for (const name of names) await record(name);
