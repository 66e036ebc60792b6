/**
 * Replaces `$(NAME)` by what `lookup` gives; `$$` is one dollar sign, so `$$(NAME)` stays `$(NAME)`.
 * Unknown names stay as they are.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text;
  let result = '';
  let i = 0;
  while (i < text.length) {
    const next = text[i + 1];
    if (text[i] !== '$' || next === undefined) {
      result += text[i++];
      continue;
    }
    if (next === '$') {
      result += '$';
      i += 2;
      continue;
    }
    const close = next === '(' ? text.indexOf(')', i + 2) : -1;
    if (next !== '(') {
      result += `$${next}`;
      i += 2;
    } else if (close < 0) {
      // An unfinished reference is plain text.
      result += '$(';
      i += 2;
    } else {
      const name = text.slice(i + 2, close);
      result += lookup(name) ?? `$(${name})`;
      i = close + 1;
    }
  }
  return result;
}
