import type { IncomingMessage } from 'node:http';
import { tooLarge } from '../api/errors.js';
import { LIMITS } from './limits.js';

const EMPTY = Buffer.alloc(0);

/** Reads a request's whole body. Rejects with ApiError 413 past the limit, or an Error when the client breaks off. */
export async function readBody(request: IncomingMessage, limit: number = LIMITS.requestBody): Promise<{ bytes: Buffer }> {
  const announced = Number(request.headers['content-length'] ?? Number.NaN);
  if (announced === 0) return { bytes: EMPTY };
  if (announced > limit) throw entityTooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      outcome();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      // The rest is thrown away as it comes, so that the client reads the reply instead of meeting a closed connection.
      if (size > limit) settle(() => (request.resume(), reject(entityTooLarge(limit))));
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(() => resolve({ bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size) }));
    const onError = (error: Error): void => settle(() => reject(error));
    const onClose = (): void => settle(() => reject(new Error('the client broke off while sending the body')));
    if (request.readableEnded) return resolve({ bytes: EMPTY });
    request.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}

/** The text of k8s.io/apiserver's limitedReadBody. */
const entityTooLarge = (limit: number): Error => tooLarge(`Request entity too large: limit is ${limit}`);
