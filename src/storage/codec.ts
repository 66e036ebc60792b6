import type { KubeObject } from '../api/object.js';

/** Objects to JSON text and back. */
export interface ObjectCodec {
  encode(object: KubeObject): string;
  decode(text: string): KubeObject;
}

export const jsonCodec: ObjectCodec = {
  encode: (object) => JSON.stringify(object),
  decode: (text) => JSON.parse(text) as KubeObject,
};
