/**
 * What differs from server to server in the answers of a conversation (uids, resourceVersions, times, generated names)
 * becomes `<uid1>`, `<rv2>`, `<time>`; in requests the same marks stand for what this server said.
 */
export class Mask {
  #known = new Map();
  #values = new Map();

  #mark(what, value) {
    const known = this.#known.get(`${what} ${value}`);
    if (known) return known;
    const mark = `<${what}${[...this.#known.keys()].filter((key) => key.startsWith(`${what} `)).length + 1}>`;
    this.#known.set(`${what} ${value}`, mark);
    this.#values.set(mark, value);
    return mark;
  }

  /** An answer as it is recorded. */
  mask(text) {
    return text
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (uid) => this.#mark('uid', uid))
      .replace(/20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => (Math.abs(Date.parse(time) - Date.now()) < 86_400_000 ? '<time>' : time))
      .replace(/(resourceVersion\\*":\s*\\*")([1-9]\d*)/g, (_, before, version) => before + this.#mark('rv', version))
      .replace(/(ResourceVersion in record \()(\d+)/g, (_, before, version) => before + this.#mark('rv', version))
      .replace(/\bgen-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, (name) => this.#mark('gen', name))
      // Of a group whose name has the namespace in it.
      .replace(/("storageVersionHash":\s*")[^"]*/g, '$1<hash>')
      .replace(/kube-api-access-[a-z0-9]{5}/g, (name) => this.#mark('volume', name));
  }

  /** A request with what this server called the things that the marks stand for. */
  unmask(text) {
    return text.replace(/<(?:uid|rv|gen)\d+>/g, (mark) => this.#values.get(mark) ?? mark);
  }
}

const PATCH_TYPES = { merge: 'application/merge-patch+json', strategic: 'application/strategic-merge-patch+json', json: 'application/json-patch+json', apply: 'application/apply-patch+yaml' };

/** Method, path, content type and body of a step: `{ send: 'PATCH /api/v1/…', type: 'merge', body }`. */
export function requestOf({ send, type, body, accept = 'application/json' }, namespace, mask) {
  const [method, path] = mask.unmask(send.replaceAll('{ns}', namespace)).split(' ');
  const text = body === undefined ? undefined : mask.unmask((typeof body === 'string' ? body : JSON.stringify(body)).replaceAll('{ns}', namespace));
  return { method, path, body: text, type: type === undefined ? 'application/json' : (PATCH_TYPES[type] ?? type), accept };
}

const byText = (a, b) => (a < b ? -1 : 1);

/**
 * An answer without what is up to chance: Go walks maps in any order, so errors that are found in one walk come in any order;
 * managers stand by the second in which they wrote.
 */
export function inAnyOrder(answer) {
  const managers = answer?.metadata?.managedFields;
  if (managers) return { ...answer, metadata: { ...answer.metadata, managedFields: sorted(managers) } };
  const causes = answer?.details?.causes;
  if (!causes || causes.length < 2) return answer;
  return { ...answer, message: answer.message.split(/, |[[\]]/).sort(byText), details: { ...answer.details, causes: sorted(causes) } };
}

function sorted(items) {
  const text = ({ manager = '', operation = '', apiVersion = '', subresource = '', field = '', message = '' }) => [manager, operation, apiVersion, subresource, field, message].join(' ');
  return [...items].sort((a, b) => byText(text(a), text(b)));
}
