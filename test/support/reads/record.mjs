#!/usr/bin/env node
// Asks a real kube-apiserver everything in cases.mjs and and accepts.mjs, and writes its answers to test/fixtures/reads.json
// and negotiations.json.
// Not part of CI. ORACLE (https://127.0.0.1:16443) and ORACLE_TOKEN (admintoken) say where.   node test/support/reads/record.mjs
import { writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { negotiations, shapeOf } from './accepts.mjs';
import { grouped, lineOf, NAMESPACE, pathIn, requests, setUp } from './cases.mjs';

const server = process.env.ORACLE ?? 'https://127.0.0.1:16443';
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 100 });

function send(method, path, body, headers = {}) {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const all = { authorization: `Bearer ${process.env.ORACLE_TOKEN ?? 'admintoken'}`, ...(payload ? { 'content-type': 'application/json' } : {}), ...headers };
  return new Promise((resolve, reject) => {
    const call = httpsRequest(`${server}${path}`, { method, agent, headers: all }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk)).on('error', reject);
      response.on('end', () => resolve({ code: response.statusCode, headers: response.headers, text }));
    });
    call.on('error', reject);
    call.end(payload);
  });
}

async function must(method, path, body, headers) {
  const answer = await send(method, path, body, headers);
  if (answer.code >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
  return JSON.parse(answer.text);
}

await must('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
try {
  const world = await setUp(must);
  const answers = await Promise.all(requests.map(async (request) => [request, lineOf(world, await send('GET', pathIn(world, request)))]));
  writeFileSync('test/fixtures/reads.json', `${JSON.stringify(grouped(answers), undefined, 1)}\n`);
  const shapes = await Promise.all(
    negotiations.map(async (negotiation) => {
      const [path, accept] = negotiation.split(' ');
      return [negotiation, shapeOf(await send('GET', path, undefined, { 'user-agent': 'recorder', ...(accept ? { accept } : {}) }))];
    }),
  );
  writeFileSync('test/fixtures/negotiations.json', `${JSON.stringify(grouped(shapes), undefined, 1)}\n`);
} finally {
  await must('DELETE', `/api/v1/namespaces/${NAMESPACE}`);
}
