import type { IncomingMessage } from 'node:http';

/** More of a body than this is not taken. */
const MAX_BODY = 32 * 2 ** 20;

/** The form field `file` of a multipart/form-data request (`curl -F file=@x`); undefined when there is none. */
export async function readUpload(request: IncomingMessage): Promise<Buffer | undefined> {
  const [, quoted, plain] = /^multipart\/form-data;.*?boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(request.headers['content-type'] ?? '') ?? [];
  const boundary = quoted ?? plain;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  if (boundary === undefined || size > MAX_BODY) return undefined;
  // Every part follows a line break and the boundary; the first has no line break of its own.
  const body = Buffer.concat([Buffer.from('\r\n'), ...chunks]);
  const mark = Buffer.from(`\r\n--${boundary}`);
  for (let at = body.indexOf(mark); at >= 0; ) {
    const start = at + mark.length;
    const end = body.indexOf(mark, start);
    if (end < 0) return undefined;
    const part = body.subarray(start + 2, end);
    const head = part.indexOf('\r\n\r\n');
    const disposition = /^content-disposition:(.*)$/im.exec(part.subarray(0, Math.max(head, 0)).toString())?.[1] ?? '';
    if (/;\s*name="?file"?\s*(;|$)/i.test(disposition.trim()) && /filename=/i.test(disposition)) return part.subarray(head + 4);
    at = end;
  }
  return undefined;
}
