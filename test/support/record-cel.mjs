// Asks a real server what expressions give and why they do not compile; writes test/fixtures/cel.json.
//   node test/support/record-cel.mjs https://127.0.0.1:16443 TOKEN
import { writeFileSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';

const [server, token] = process.argv.slice(2);
const file = join(import.meta.dirname, '../fixtures/cel.json');
const fixture = JSON.parse(readFileSync(file, 'utf8'));
const group = `cel${process.pid}.example.com`;

function send(method, path, body) {
  return new Promise((resolve, reject) => {
    const text = body && JSON.stringify(body);
    const call = request(new URL(path, server), { method, rejectUnauthorized: false, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } }, (response) => {
      let answer = '';
      response.on('data', (chunk) => (answer += chunk));
      response.on('end', () => resolve({ code: response.statusCode, body: answer.startsWith('{') ? JSON.parse(answer) : {} }));
    });
    call.on('error', reject);
    call.end(text);
  });
}

const definition = (plural, rules) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Cluster',
    names: { plural, singular: plural, kind: plural[0].toUpperCase() + plural.slice(1) },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { ...fixture.schema, 'x-kubernetes-validations': rules } } }],
  },
});
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

for (const entry of fixture.refused) {
  const { body } = await send('POST', `${DEFINITIONS}?dryRun=All`, definition('refuseds', [{ rule: entry.expression }]));
  const text = body.details?.causes?.map(({ message }) => message).find((message) => message.includes('compilation failed')) ?? body.message ?? 'accepted';
  entry.text = /compilation failed: ([\s\S]*)/.exec(text)?.[1] ?? text;
}
for (const [i, entry] of fixture.values.entries()) {
  const plural = `values${i}`;
  const made = await send('POST', DEFINITIONS, definition(plural, [{ rule: 'false', messageExpression: entry.expression }]));
  if (made.code !== 201) {
    entry.text = `refused: ${made.body.message}`;
    continue;
  }
  for (;;) {
    const { code, body } = await send('POST', `/apis/${group}/v1/${plural}?dryRun=All`, { apiVersion: `${group}/v1`, kind: plural[0].toUpperCase() + plural.slice(1), metadata: { name: 'x' }, ...fixture.object });
    if (code === 404) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    const message = body.details?.causes?.[0]?.message ?? body.message ?? '';
    entry.text = message.replace(/^Invalid value: /, '').replace(/^failed rule: false$/, '(fails)');
    break;
  }
  await send('DELETE', `${DEFINITIONS}/${plural}.${group}`);
}
const lines = (list) => list.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n');
writeFileSync(file, `{\n  "schema": ${JSON.stringify(fixture.schema)},\n  "object": ${JSON.stringify(fixture.object)},\n  "refused": [\n${lines(fixture.refused)}\n  ],\n  "values": [\n${lines(fixture.values)}\n  ]\n}\n`);
console.log(`${fixture.refused.length} refused, ${fixture.values.length} values`);
