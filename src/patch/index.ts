export { checkConversion, type ConversionFindings } from './convert.js';
export { decodeJsonPatch, decodeMergePatch, decodeStrategicPatch, type DecodedPatch, type FieldValidation } from './decode.js';
export { invalidPatch, PatchMismatch, strictErrorText } from './errors.js';
export { applyJsonPatch, jsonPatch, type Operation } from './json-patch.js';
export { encodeJson as goJson } from '../schema/json.js';
export { mergePatch } from './merge-patch.js';
export { patchedKind } from './patched-kind.js';
export { strategicMerge, strategicMergePatch, type StrategicMerge } from './strategic/strategic-merge-patch.js';

/** Ways to change an object by PATCH other than server-side apply, which is src/apply. */
export type PatchType = 'json' | 'merge' | 'strategic';
