import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

/** Attributes that hold URLs, by element (HTML 4 and 5). */
const URL_ATTRIBUTES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    a: ['href'],
    applet: ['codebase'],
    area: ['href'],
    audio: ['src'],
    base: ['href'],
    blockquote: ['cite'],
    body: ['background'],
    button: ['formaction'],
    command: ['icon'],
    del: ['cite'],
    embed: ['src'],
    form: ['action'],
    frame: ['longdesc', 'src'],
    head: ['profile'],
    html: ['manifest'],
    iframe: ['longdesc', 'src'],
    img: ['longdesc', 'src', 'usemap'],
    input: ['src', 'usemap', 'formaction'],
    ins: ['cite'],
    link: ['href'],
    object: ['classid', 'codebase', 'data', 'usemap'],
    q: ['cite'],
    script: ['src'],
    source: ['src'],
    video: ['poster', 'src'],
  }).map(([element, attributes]) => [element, new Set(attributes)]),
);

/** Larger pages are passed on as they are. */
const MAX_PAGE = 8 * 1024 * 1024;

export function isHtml({ headers }: IncomingMessage): boolean {
  const encoding = headers['content-encoding'] ?? '';
  const announced = Number(headers['content-length'] ?? 0);
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim() === 'text/html' && (encoding === '' || encoding === 'gzip') && announced <= MAX_PAGE;
}

/** The page with its links rewritten, in the encoding it came in; undefined when the backend broke off. */
export async function rewriteHtml(reply: IncomingMessage, rewrite: (url: string) => string): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply) {
    size += (chunk as Buffer).length;
    if (size > MAX_PAGE) throw new RangeError('the page is too large');
    chunks.push(chunk as Buffer);
  }
  const body = Buffer.concat(chunks);
  if (reply.headers['content-encoding'] !== 'gzip') return Buffer.from(rewriteLinks(body.toString('latin1'), rewrite), 'latin1');
  const page = await promisify(gunzip)(body, { maxOutputLength: 8 * MAX_PAGE });
  return promisify(gzip)(Buffer.from(rewriteLinks(page.toString('latin1'), rewrite), 'latin1'));
}

/** Works on bytes as latin1 text: what is not a link comes out as it went in, whatever the page's charset. */
export function rewriteLinks(page: string, rewrite: (url: string) => string): string {
  return page.replace(/<!--[\s\S]*?-->|<([a-zA-Z][a-zA-Z0-9]*)((?:\s+|\/)(?:[^<>"']|"[^"]*"|'[^']*')*)>/g, (tag, element: string | undefined, attributes: string) => {
    const urls = element === undefined ? undefined : URL_ATTRIBUTES.get(element.toLowerCase());
    if (!urls) return tag;
    const rewritten = attributes.replace(/([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'<>]+)/g, (pair, name: string, equals: string, value: string) => {
      if (!urls.has(name.toLowerCase())) return pair;
      const quote = /^["']/.exec(value)?.[0] ?? '';
      return `${name}${equals}${quote}${rewrite(quote ? value.slice(1, -1) : value)}${quote}`;
    });
    return `<${element}${rewritten}>`;
  });
}
