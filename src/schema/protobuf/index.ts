import { badRequest } from '../../api/errors.js';
import { parseApiVersion } from '../../api/gvk.js';
import { definitionOf } from '../catalogue.js';
import { decodeMessage } from './decode.js';
import { encodeMessage } from './encode.js';
import { ProtobufError, protobufLibrary } from './library.js';
import { messageOf, messagePlan, type MessagePlan } from './messages.js';

export { ProtobufError } from './library.js';

/**
 * Kubernetes' protobuf: the magic bytes `k8s\0`, then a runtime.Unknown that names the kind and holds the message.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
const UNKNOWN = 'k8s.io.apimachinery.pkg.runtime.Unknown';
const WIRE_BYTES = 2;

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object's message. */
  readonly raw: Buffer;
}

/** Opens the envelope. Throws ProtobufError with the real server's text. */
export function openEnvelope(bytes: Buffer): Envelope {
  if (bytes.length === 0) throw new ProtobufError('empty data');
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new ProtobufError(`provided data does not appear to be a protobuf message, expected prefix [${MAGIC.join(' ')}]`);
  if (bytes.length === MAGIC.length) throw new ProtobufError('empty body');
  const reader = protobufLibrary().Reader.create(bytes.subarray(MAGIC.length));
  try {
    let typeMeta: { apiVersion?: string; kind?: string } = {};
    let raw: Uint8Array = Buffer.alloc(0);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === ((1 << 3) | WIRE_BYTES)) typeMeta = decodeMessage(messagePlan('k8s.io.apimachinery.pkg.runtime.TypeMeta') as MessagePlan, reader.bytes()) as typeof typeMeta;
      else if (tag === ((2 << 3) | WIRE_BYTES)) raw = reader.bytes();
      else reader.skipType(tag & 7);
    }
    return { apiVersion: typeMeta.apiVersion ?? '', kind: typeMeta.kind ?? '', raw: Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength) };
  } catch (error) {
    if (error instanceof ProtobufError) throw error;
    throw new ProtobufError(error instanceof RangeError ? 'unexpected EOF' : `proto: ${(error as Error).message}`);
  }
}

/** Decodes the message of a definition into JSON data (see {@link decodeMessage}); undefined if the definition has no message. */
export function decodeRaw(definition: string, raw: Buffer): Record<string, unknown> | undefined {
  const plan = messageOf(definition);
  return plan && (decodeMessage(plan, raw) as Record<string, unknown>);
}

/**
 * Decodes a whole object. Its fields are those of the wire, zeros included: `toTyped` or `canonical` make it what JSON would be.
 * Throws ApiError 400 for malformed bytes and unknown kinds.
 */
export function decodeProtobuf(bytes: Buffer): { apiVersion: string; kind: string; object: Record<string, unknown> } {
  try {
    const { apiVersion, kind, raw } = openEnvelope(bytes);
    const definition = definitionOf({ ...parseApiVersion(apiVersion), kind });
    const object = definition === undefined ? undefined : decodeRaw(definition, raw);
    if (!object) throw new ProtobufError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`);
    return { apiVersion, kind, object: { kind, apiVersion, ...object } };
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(error.message);
    throw error;
  }
}

/** Whether an object can be encoded: custom resources and Tables have no message. */
export function hasProtobuf(object: object): boolean {
  return planFor(object as { apiVersion?: unknown; kind?: unknown }) !== undefined;
}

function planFor({ apiVersion, kind }: { apiVersion?: unknown; kind?: unknown }): MessagePlan | undefined {
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
  const definition = definitionOf({ ...parseApiVersion(apiVersion), kind });
  return definition === undefined ? undefined : messageOf(definition);
}

/**
 * Encodes an object (or a list, with its items) in an envelope. `message` is the name of its message, where its kind does
 * not tell. Throws an Error for kinds without a message: ask {@link hasProtobuf}.
 */
export function encodeProtobuf(object: object, message?: string): Buffer {
  const { apiVersion, kind } = object as { apiVersion?: string; kind: string };
  const plan = message === undefined ? planFor({ apiVersion, kind }) : messagePlan(message);
  if (!plan) throw new Error(`no protobuf message for ${apiVersion} ${kind}`);
  const envelope = encodeMessage(messagePlan(UNKNOWN) as MessagePlan, { typeMeta: { ...(apiVersion ? { apiVersion } : {}), kind } });
  return Buffer.concat([MAGIC, envelope, bytesField(2, encodeMessage(plan, object))]);
}

/** A watch event: the length of what follows in four bytes, then the event around an encoded object. */
export function encodeWatchFrame(type: string, objectBytes: Buffer): Buffer {
  const typeField = bytesField(1, Buffer.from(type));
  const objectField = bytesField(2, bytesField(1, objectBytes));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(typeField.length + objectField.length);
  return Buffer.concat([length, typeField, objectField]);
}

/** Tag, length and bytes of a field. */
function bytesField(number: number, bytes: Uint8Array): Buffer {
  const head: number[] = [(number << 3) | WIRE_BYTES];
  let length = bytes.length;
  while (length > 0x7f) {
    head.push((length & 0x7f) | 0x80);
    length = Math.floor(length / 128);
  }
  head.push(length);
  return Buffer.concat([Buffer.from(head), bytes]);
}
