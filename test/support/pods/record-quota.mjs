#!/usr/bin/env node
// Asks a real kube-apiserver, with its quota controller at work, what becomes of the writes of quota-cases.mjs.
// Not part of CI: run by hand when they grow.   node test/support/pods/record-quota.mjs
import { writeFileSync } from 'node:fs';
import { answer, call, close, until, withoutFields } from './oracle.mjs';
import { spaces } from './quota-cases.mjs';

const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';

async function quotasOf(home) {
  return (await call('GET', `${home}/resourcequotas`)).body.items.map((quota) => ({ apiVersion: 'v1', kind: 'ResourceQuota', ...quota }));
}

async function record({ name: namespace, objects, status, cases }) {
  const home = `api/v1/namespaces/${namespace}`;
  const done = async (method, path, body, type) => {
    const given = await call(method, path, body, type);
    if (given.code >= 300) throw new Error(JSON.stringify(given.body));
    return given.body;
  };
  await done('POST', 'api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  try {
    await until(async () => (await call('GET', `${home}/serviceaccounts/default`)).code === 200 && (await call('GET', `${home}/configmaps/kube-root-ca.crt`)).code === 200);
    const made = [];
    for (const [path, object] of objects) made.push([path, await done('POST', `${home}/${path}`, object)]);
    await until(async () => (await quotasOf(home)).every((quota) => Object.keys(quota.status.used ?? {}).length > 0));
    // The controller counts in the background, and the server itself watches quotas.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    if (status) await done('PATCH', `${home}/resourcequotas/${status[0]}/status`, { status: status[1] }, MERGE_PATCH);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = [];
    for (const [path, { metadata }] of made) before.push(withoutFields(await done('GET', `${home}/${path}/${metadata.name}`)));
    const answers = [];
    for (const [title, { method, path, body, live }] of Object.entries(cases)) {
      const type = method === 'PATCH' ? STRATEGIC_PATCH : undefined;
      const given = await call(method, `${home}/${path}?fieldValidation=Ignore${live ? '' : '&dryRun=All'}`, body, type);
      const { code, status: refusal } = answer(given);
      const used = live ? Object.fromEntries((await quotasOf(home)).map((quota) => [quota.metadata.name, quota.status.used])) : undefined;
      if (refusal && body.metadata?.generateName) refusal.message = refusal.message.replace(/gen-\w{5}/, 'gen-#');
      answers.push({ name: title, method, path, body, ...(live ? { live } : {}), code, ...(refusal ? { status: refusal } : {}), ...(used ? { used } : {}) });
    }
    return { namespace, objects: before, cases: answers };
  } finally {
    await call('DELETE', `api/v1/namespaces/${namespace}`);
  }
}

try {
  const recorded = [];
  for (const space of spaces) recorded.push(await record(space));
  const text = recorded.map(({ cases, ...rest }) => `{"namespace":${JSON.stringify(rest.namespace)},"objects":[\n${rest.objects.map((o) => JSON.stringify(o)).join(',\n')}\n],"cases":[\n${cases.map((c) => JSON.stringify(c)).join(',\n')}\n]}`);
  writeFileSync(new URL('../../fixtures/pods/quota.json', import.meta.url), `[\n${text.join(',\n')}\n]\n`);
  console.log(recorded.map(({ namespace, cases }) => `${namespace}: ${cases.length}`).join(', '));
} finally {
  close();
}
