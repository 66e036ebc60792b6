// Has the conversations of test/fixtures/conversations with a real server and writes down its answers.
//   node test/support/record-conversations.mjs https://127.0.0.1:16443 TOKEN [FILE…]
// The server should be alone (no controllers): kube-apiserver and etcd.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { Mask, requestOf } from './conversation.mjs';

const [server, token, ...files] = process.argv.slice(2);
const folder = join(import.meta.dirname, '../fixtures/conversations');
const agent = new Agent({ rejectUnauthorized: false, keepAlive: true });

function send({ method, path, type, body, accept = 'application/json' }) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'user-agent': 'talker/1', accept, ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }) };
    const call = request(new URL(path, server), { method, agent, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ code: response.statusCode, text, warnings: response.headers.warning ? [response.headers.warning].flat() : [] }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** Pages outside the API are text. */
const parsed = (text) => (text.startsWith('{') ? JSON.parse(text) : text);
let count = 0;
for (const file of files.length > 0 ? files : readdirSync(folder)) {
  const conversations = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  for (const conversation of conversations) {
    const namespace = `talk-${process.pid}-${++count}`;
    await send({ method: 'POST', path: '/api/v1/namespaces', type: 'application/json', body: JSON.stringify({ metadata: { name: namespace } }) });
    await send({ method: 'POST', path: `/api/v1/namespaces/${namespace}/serviceaccounts`, type: 'application/json', body: JSON.stringify({ metadata: { name: 'default' } }) });
    const mask = new Mask();
    for (const step of conversation.steps) {
      let reply = await send(requestOf(step, namespace, mask));
      // What takes its time (a definition that is established) is asked for again.
      for (let tries = 0; step.until && reply.code !== step.until; tries++) {
        if (tries === 100) throw new Error(`${conversation.name}: ${step.send} answers ${reply.code}: ${reply.text}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
        reply = await send(requestOf(step, namespace, mask));
      }
      const { code, text, warnings } = reply;
      step.code = code;
      step.answer = parsed(mask.mask(text).replaceAll(namespace, '{ns}'));
      if (step.hide) delete step.answer;
      if (warnings.length > 0) step.warnings = warnings.map((warning) => mask.mask(warning).replaceAll(namespace, '{ns}'));
      else delete step.warnings;
    }
    await send({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}`, type: 'application/json' });
  }
  const lines = conversations.map(({ name, steps }) => `{"name":${JSON.stringify(name)},"steps":[\n${steps.map((step) => JSON.stringify(step)).join(',\n')}]}`);
  writeFileSync(join(folder, file), `[\n${lines.join(',\n')}\n]\n`);
  console.log(`${file}: ${conversations.length} conversations, ${conversations.reduce((sum, { steps }) => sum + steps.length, 0)} answers`);
}
agent.destroy();
