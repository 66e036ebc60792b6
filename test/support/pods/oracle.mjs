// A real kube-apiserver to ask: ORACLE (https://127.0.0.1:16443) and ORACLE_TOKEN (admintoken) say where.
import { Agent, request as httpsRequest } from 'node:https';

const server = process.env.ORACLE ?? 'https://127.0.0.1:16443';
const token = process.env.ORACLE_TOKEN ?? 'admintoken';
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });

export function call(method, path, body, type = 'application/json', accept = 'application/json') {
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
  const metadata = { ...object.metadata };
  for (const field of ['uid', 'creationTimestamp', 'managedFields', 'resourceVersion']) delete metadata[field];
  if (metadata.generateName) metadata.name = `${metadata.generateName}#`;
  return JSON.parse(JSON.stringify({ ...object, metadata }).replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-#').replace(/"lastTransitionTime":"[^"]*"/g, '"lastTransitionTime":"#"'));
}

/** An object without its managed fields. */
export function withoutFields(object) {
  const metadata = { ...object.metadata };
  delete metadata.managedFields;
  return { ...object, metadata };
}

/** The part of an answer that is the same each time. */
export function answer({ code, warnings, body }) {
  return { code, ...(warnings.length > 0 ? { warnings } : {}), ...(code < 300 ? { object: settled(body) } : { status: { message: body.message, reason: body.reason, details: body.details } }) };
}

/** Waits for what the real server's controllers do. */
export async function until(check) {
  for (let i = 0; i < 100; i++) {
    const value = await check();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('gave up waiting');
}

export function close() {
  agent.destroy();
}
