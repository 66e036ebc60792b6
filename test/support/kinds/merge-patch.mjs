// JSON merge patch (RFC 7386) for the recorder's corpora and fixtures; plain JavaScript so that both the recorder and jest can load it.

const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The target with the patch applied; neither is changed. */
export function applyMergePatch(target, patch) {
  if (!isMap(patch)) return patch;
  const result = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}

/** The patch that turns one value into the other. Nulls inside `to` are not supported, as in the format itself. */
export function mergePatchOf(from, to) {
  if (!isMap(from) || !isMap(to)) return to;
  const patch = {};
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    if (!(key in from)) patch[key] = value;
    else if (JSON.stringify(from[key]) !== JSON.stringify(value)) patch[key] = mergePatchOf(from[key], value);
  }
  return patch;
}
