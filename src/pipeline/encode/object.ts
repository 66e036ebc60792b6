import { encodeJson } from '../../base/json.js';
import { encodeProtobuf } from '../../schema/protobuf/index.js';
import { encodeYaml } from '../../schema/yaml.js';
import { MEDIA_TYPES, type Negotiated } from '../negotiate.js';
import type { EncodedResponse } from '../request.js';

const NEWLINE = Buffer.from('\n');

/**
 * The bytes of one object. `json` are its bytes where they are there already: they are sent as they are.
 * `message` is its protobuf message, where its kind does not tell.
 */
export function encodeObject(object: object, json: Buffer | undefined, { encoding, pretty }: Pick<Negotiated, 'encoding' | 'pretty'>, message?: string): readonly Buffer[] {
  switch (encoding) {
    case 'json':
      // As the real server: indented text ends without a line feed.
      if (pretty) return [Buffer.from(encodeJson(object, true))];
      return [json ?? Buffer.from(encodeJson(object)), NEWLINE];
    case 'yaml':
      return [Buffer.from(encodeYaml(object))];
    case 'protobuf':
      return [encodeProtobuf(object, message)];
  }
}

export function objectReply(code: number, object: object, json: Buffer | undefined, negotiated: Negotiated, headers: EncodedResponse['headers'] = {}): EncodedResponse {
  return { code, headers: { 'content-type': MEDIA_TYPES[negotiated.encoding], ...headers }, body: encodeObject(object, json, negotiated) };
}
