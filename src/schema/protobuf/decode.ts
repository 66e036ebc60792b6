import { formatInstant, ZERO_TIME_SECONDS } from '../../api/time.js';
import { JsonSyntaxError, parseJson } from '../json.js';
import { setKey } from '../shape.js';
import { ProtobufError, protobufLibrary, type Reader } from './library.js';
import type { FieldType, MessageField, MessagePlan, ScalarType } from './messages.js';

type Fields = Record<string, unknown>;

/** No kind nests nearly as deep, but for JSON schemas; far below what JavaScript's stack can take. */
const MAX_DEPTH = 500;

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_TYPES: Readonly<Record<ScalarType, number>> = { string: WIRE_BYTES, bytes: WIRE_BYTES, int32: WIRE_VARINT, int64: WIRE_VARINT, bool: WIRE_VARINT, double: WIRE_FIXED64 };

/**
 * Decodes a message into JSON data. Every field of the wire is there, zeros included: what a zero means the
 * Go structs say (see typed.ts). Unknown fields are skipped. Throws ProtobufError for malformed bytes.
 */
export function decodeMessage(plan: MessagePlan, bytes: Uint8Array): unknown {
  const reader = protobufLibrary().Reader.create(bytes);
  try {
    return message(plan, reader, reader.len, 0);
  } catch (error) {
    // protobufjs throws RangeError past the end, plain Errors for wrong wire types and overlong numbers.
    if (error instanceof ProtobufError) throw error;
    if (error instanceof RangeError) throw new ProtobufError('unexpected EOF');
    if (error instanceof JsonSyntaxError) throw new ProtobufError(error.message);
    if (error instanceof Error) throw new ProtobufError(`proto: ${error.message.replace(/^invalid wire type (\d).*$/, 'illegal wireType $1')}`);
    throw error;
  }
}

function message(plan: MessagePlan, reader: Reader, end: number, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new ProtobufError('proto: message nests too deep');
  switch (plan.special) {
    case undefined:
      return fieldsOf(plan, reader, end, {}, depth);
    case 'time':
    case 'microTime':
      return time(fieldsOf(plan, reader, end, {}, depth), plan.special === 'microTime');
    case 'quantity':
      return fieldsOf(plan, reader, end, {}, depth)['string'] ?? '0';
    case 'intOrString': {
      const { type, intVal, strVal } = fieldsOf(plan, reader, end, {}, depth);
      return type === 1 ? (strVal ?? '') : (intVal ?? 0);
    }
    case 'items':
      return fieldsOf(plan, reader, end, {}, depth)['items'] ?? [];
    case 'json':
      return json(reader, end);
    case 'schemaOrArray': {
      const { schema, jSONSchemas } = fieldsOf(plan, reader, end, {}, depth);
      return jSONSchemas ?? schema ?? null;
    }
    case 'schemaOrBool': {
      const { schema, allows } = fieldsOf(plan, reader, end, {}, depth);
      return schema ?? allows ?? false;
    }
    case 'schemaOrStringArray': {
      const { schema, property } = fieldsOf(plan, reader, end, {}, depth);
      return property ?? schema ?? null;
    }
  }
}

function fieldsOf(plan: MessagePlan, reader: Reader, end: number, into: Fields, depth: number): Fields {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    const wire = tag & 7;
    if (number === 0) throw new ProtobufError(`proto: ${shortName(plan)}: illegal tag ${number} (wire type ${tag})`);
    if (wire === 4) throw new ProtobufError(`proto: ${shortName(plan)}: wiretype end group for non-group`);
    const field = plan.byNumber.get(number);
    if (field) read(field, wire, reader, into, depth);
    else reader.skipType(wire);
    if (reader.pos > end) throw new ProtobufError('unexpected EOF');
  }
  return into;
}

function read(field: MessageField, wire: number, reader: Reader, into: Fields, depth: number): void {
  const { name, type, shape } = field;
  const packed = shape === 'repeated' && type.kind === 'scalar' && WIRE_TYPES[type.scalar] !== WIRE_BYTES && wire === WIRE_BYTES;
  const expected = shape === 'map' || type.kind === 'message' ? WIRE_BYTES : WIRE_TYPES[type.scalar];
  if (wire !== expected && !packed) throw new ProtobufError(`proto: wrong wireType = ${wire} for field ${name.charAt(0).toUpperCase()}${name.slice(1)}`);
  switch (shape) {
    case 'single':
      into[name] = value(type, reader, depth, into[name]);
      return;
    case 'inline':
      if (type.kind === 'message') fieldsOf(type.message(), reader, endOf(reader), into, depth + 1);
      return;
    case 'repeated': {
      const list = (into[name] ??= []) as unknown[];
      if (!packed) {
        list.push(value(type, reader, depth));
        return;
      }
      const end = endOf(reader);
      while (reader.pos < end) list.push(value(type, reader, depth));
      return;
    }
    case 'map':
      entry(type, reader, (into[name] ??= {}) as Fields, depth);
  }
}

/** Reads a length and returns where what follows ends, which must be inside the buffer. */
function endOf(reader: Reader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new ProtobufError('unexpected EOF');
  return end;
}

function value(type: FieldType, reader: Reader, depth: number, earlier?: unknown): unknown {
  if (type.kind === 'scalar') return scalar(type.scalar, reader);
  const plan = type.message();
  const end = endOf(reader);
  // A message that comes in parts is merged.
  if (plan.special === undefined && typeof earlier === 'object' && earlier !== null) return fieldsOf(plan, reader, end, earlier as Fields, depth + 1);
  return message(plan, reader, end, depth + 1);
}

function scalar(type: ScalarType, reader: Reader): unknown {
  switch (type) {
    case 'string':
      return reader.string();
    case 'bytes': {
      const bytes = reader.bytes();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    }
    case 'int32':
      return reader.int32();
    case 'int64':
      return int64(reader);
    case 'bool':
      return reader.bool();
    case 'double':
      return reader.double();
  }
}

function int64(reader: Reader): number | bigint {
  const read: number | { high: number; low: number } = reader.int64();
  if (typeof read === 'number') return read;
  const number = read.high * 0x1_0000_0000 + (read.low >>> 0);
  return Number.isSafeInteger(number) ? number : BigInt.asIntN(64, (BigInt(read.high) << 32n) | BigInt(read.low >>> 0));
}

/** A map's entry is a message of key 1 and value 2; what is missing is zero. */
function entry(type: FieldType, reader: Reader, into: Fields, depth: number): void {
  const end = endOf(reader);
  let key = '';
  let item: unknown;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ((1 << 3) | WIRE_BYTES)) key = reader.string();
    else if (tag >>> 3 === 2) item = value(type, reader, depth);
    else reader.skipType(tag & 7);
  }
  setKey(into, key, item ?? zero(type));
}

function zero(type: FieldType): unknown {
  if (type.kind === 'message') return decodeMessage(type.message(), new Uint8Array());
  switch (type.scalar) {
    case 'string':
    case 'bytes':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
      return 0;
  }
}

/** Times are seconds and nanoseconds; Go's zero time and an empty message are null. */
function time(fields: Fields, micro: boolean): string | null {
  if (fields['seconds'] === undefined && fields['nanos'] === undefined) return null;
  const seconds = Number(fields['seconds'] ?? 0);
  const nanos = Number(fields['nanos'] ?? 0);
  if (seconds === ZERO_TIME_SECONDS && nanos === 0) return null;
  if (seconds > 253_402_300_799 || seconds < ZERO_TIME_SECONDS || nanos < 0 || nanos > 999_999_999) throw new ProtobufError('Time.MarshalJSON: year outside of range [0,9999]');
  return formatInstant({ seconds, nanos }, micro);
}

/** JSON text in a bytes field 1. */
function json(reader: Reader, end: number): unknown {
  let text: Uint8Array | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ((1 << 3) | WIRE_BYTES)) text = reader.bytes();
    else reader.skipType(tag & 7);
  }
  if (!text || text.length === 0) return null;
  return parseJson(Buffer.from(text.buffer, text.byteOffset, text.byteLength));
}

/** The name of the Go struct that decodes the message. */
function shortName(plan: MessagePlan): string {
  if (plan.special === 'time' || plan.special === 'microTime') return 'Timestamp';
  return plan.name.slice(plan.name.lastIndexOf('.') + 1);
}
