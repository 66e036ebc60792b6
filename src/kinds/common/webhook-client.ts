import { invalid, type Path, quote, required, type FieldError } from '../../api/field.js';
import { isDns1123Subdomain, isPortNumber } from '../../api/names.js';

/** Where a webhook is: rules that admission webhooks and CRD conversion share (apiserver/pkg/util/webhook). */

const FORM = '; desired format: https://host[/path]';
const URL_PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/;

interface UrlParts {
  readonly scheme: string;
  readonly user: string;
  readonly host: string;
  readonly query: string;
  readonly fragment: string;
}

/** What Go's url.Parse makes of a text; a string is its error. */
function parseUrl(text: string): UrlParts | string {
  const fail = (why: string): string => `parse ${quote(text)}: ${why}`;
  if (/[\u0000-\u001f\u007f]/.test(text)) return fail('net/url: invalid control character in URL');
  if (text.startsWith(':')) return fail('missing protocol scheme');
  const [, scheme = '', authority = '', path = '', query = '', fragment = ''] = URL_PARTS.exec(text) ?? [];
  if (!scheme && !authority && /^[^/]*:/.test(path)) return fail('first path segment in URL cannot contain colon');
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  const port = /(?:^|[^:\]]|\]):([^\]]*)$/.exec(host)?.[1];
  if (port !== undefined && !/^\d*$/.test(port)) return fail(`invalid port ${quote(`:${port}`)} after host`);
  const bad = /[ "<>\\^`{|}]/.exec(host)?.[0];
  if (bad !== undefined) return fail(`invalid character ${quote(bad)} in host name`);
  return { scheme: scheme.toLowerCase(), user: at < 0 ? '' : authority.slice(0, at), host, query, fragment };
}

export function webhookUrlErrors(text: string, path: Path): FieldError[] {
  const parts = parseUrl(text);
  if (typeof parts === 'string') return [required(path, `url must be a valid URL: ${parts}${FORM}`)];
  const { scheme, user, host, query, fragment } = parts;
  return [
    ...(scheme === 'https' ? [] : [invalid(path, scheme, `'https' is the only allowed URL scheme${FORM}`)]),
    ...(host ? [] : [invalid(path, host, `host must be specified${FORM}`)]),
    ...(user ? [invalid(path, user, 'user information is not permitted in the URL')] : []),
    ...(fragment ? [invalid(path, fragment, 'fragments are not permitted in the URL')] : []),
    ...(query ? [invalid(path, query, 'query parameters are not permitted in the URL')] : []),
  ];
}

export interface WebhookService {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly path?: string | undefined;
  readonly port?: number | undefined;
}

export function webhookServiceErrors(service: WebhookService, path: Path): FieldError[] {
  const { name = '', namespace = '', path: urlPath = '', port = 0 } = service;
  const problems = isPortNumber(port);
  return [
    // The real server mixes the two up.
    ...(namespace ? [] : [required(path.child('name'))]),
    ...(name ? [] : [required(path.child('namespace'))]),
    ...(problems.length > 0 ? [invalid(path.child('port'), port, `port is not valid: ${problems.join(', ')}`)] : []),
    ...pathErrors(urlPath, path.child('path')),
  ];
}

function pathErrors(text: string, path: Path): FieldError[] {
  if (text === '' || text === '/') return [];
  if (text === '//') return [invalid(path, text, 'segment[0] may not be empty')];
  const errors = text.startsWith('/') ? [] : [invalid(path, text, "must start with a '/'")];
  // The first character goes, a slash or not.
  const segments = text.slice(1).replace(/\/$/, '').split('/');
  return [
    ...errors,
    ...segments.flatMap((segment, i) =>
      segment ? isDns1123Subdomain(segment).map((problem) => invalid(path, text, `segment[${i}]: ${problem}`)) : [invalid(path, text, `segment[${i}] may not be empty`)],
    ),
  ];
}
