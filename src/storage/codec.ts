import type { KubeObject } from '../api/object.js';
import { decodeJson, encodeJson } from '../base/json.js';

/** Objects to JSON text and back. */
export interface ObjectCodec {
  encode(object: KubeObject): string;
  decode(text: string): KubeObject;
}

export const jsonCodec: ObjectCodec = {
  encode: (object) => encodeJson(object),
  decode: (text) => decodeJson(text) as KubeObject,
};
