import type { KubeObject } from '../api/object.js';
import { decodeJson, encodeJson } from '../base/json.js';

/** Objects to JSON text and back. */
export interface ObjectCodec {
  encode(object: KubeObject): string;
  decode(text: string): KubeObject;
  /** What an object counts for against the limit of an object's size, in bytes; its text unless said otherwise. Asked of large ones only. */
  size?(object: KubeObject): number;
}

export const jsonCodec: ObjectCodec = {
  encode: (object) => encodeJson(object),
  decode: (text) => decodeJson(text) as KubeObject,
};
