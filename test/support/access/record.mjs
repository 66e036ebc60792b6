#!/usr/bin/env node
// Asks a real kube-apiserver the questions of cases.mjs and writes its answers to test/fixtures/access.json.
// Not part of CI. ORACLE (https://127.0.0.1:16443) and ORACLE_TOKEN (admintoken) say where.   node test/support/access/record.mjs
import { writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { flows, namespace, questions, setup } from './cases.mjs';
import { settled } from './settled.mjs';

const server = process.env.ORACLE ?? 'https://127.0.0.1:16443';
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });

function call(method, path, body, headers = {}) {
  const payload = body === undefined ? '' : JSON.stringify(body);
  const all = { authorization: `Bearer ${process.env.ORACLE_TOKEN ?? 'admintoken'}`, accept: 'application/json', 'user-agent': 'recorder', 'content-type': 'application/json', ...headers, 'content-length': Buffer.byteLength(payload) };
  return new Promise((resolve, reject) => {
    const req = httpsRequest(`${server}${path.replace(/[<>]/g, encodeURIComponent)}`, { method, agent, headers: all }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => resolve({ code: res.statusCode, flow: [res.headers['x-kubernetes-pf-flowschema-uid'], res.headers['x-kubernetes-pf-prioritylevel-uid']], body: jsonOf(Buffer.concat(chunks).toString()) }));
    });
    req.on('error', reject);
    req.end(payload);
  });
}

function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function impersonation({ name, groups, uid, extra = {} }) {
  if (name === 'admin') return {};
  return {
    'impersonate-user': name,
    ...(groups.length > 0 ? { 'impersonate-group': groups } : {}),
    ...(uid ? { 'impersonate-uid': uid } : {}),
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [`impersonate-extra-${key}`, values])),
  };
}

async function must(answer) {
  const { code, body } = await answer;
  if (code >= 300) throw new Error(`${code} ${body.message}`);
}

const answers = {};
await must(call('POST', '/api/v1/namespaces', { metadata: { name: namespace } }));
try {
  while ((await call('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`)).code !== 200);
  for (const { path, body } of setup) await must(call('POST', path, body));
  // The authorizer learns of roles a moment later.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const [name, { as, method, path, body, headers }] of Object.entries(questions)) {
    const { code, body: answer } = await call(method, path, body, { ...impersonation(as), ...headers });
    answers[name] = { code, body: settled(answer) };
  }
} finally {
  for (const kind of ['clusterroles', 'clusterrolebindings']) {
    const { body } = await call('GET', `/apis/rbac.authorization.k8s.io/v1/${kind}`);
    for (const { metadata } of body.items) if (metadata.name.startsWith(`${namespace}-`)) await call('DELETE', `/apis/rbac.authorization.k8s.io/v1/${kind}/${metadata.name}`);
  }
  await call('PATCH', `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/reader`, { metadata: { finalizers: null } }, { 'content-type': 'application/merge-patch+json' });
  await call('DELETE', `/api/v1/namespaces/${namespace}`);
}
const names = new Map();
for (const kind of ['flowschemas', 'prioritylevelconfigurations']) {
  const { body } = await call('GET', `/apis/flowcontrol.apiserver.k8s.io/v1/${kind}`);
  for (const { metadata } of body.items) names.set(metadata.uid, metadata.name);
}
const flowNames = {};
for (const [name, { as, method, path, body, headers }] of Object.entries(flows)) {
  const { flow } = await call(method, path, body, { ...impersonation(as), ...headers });
  flowNames[name] = flow.map((uid) => names.get(uid));
}
writeFileSync('test/fixtures/flow-schemas.json', `${JSON.stringify(flowNames, undefined, 1)}\n`);
writeFileSync('test/fixtures/access.json', `${JSON.stringify(answers, undefined, 1)}\n`);
