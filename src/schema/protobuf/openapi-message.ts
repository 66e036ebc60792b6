import { encodeYaml } from '../yaml-emit.js';
import { protobufLibrary, type Writer } from './library.js';

/**
 * What the messages of gnostic (openapi.v2 and openapi.v3), into which Kubernetes' OpenAPI documents are put for
 * clients that ask for protobuf, have in common. A message is a table of the JSON properties that Kubernetes' documents
 * contain; what is not in it, such as keywords that begin with `x-`, goes into the message's extensions.
 */
export function encodeOpenApi(document: Message, value: object): Buffer {
  const writer = protobufLibrary().Writer.create();
  writeMessage(writer, document, value as Json);
  return Buffer.from(writer.finish());
}

export type Json = Readonly<Record<string, unknown>>;

/** How the value of a JSON property is written under a field number. */
export type FieldWriter = (writer: Writer, number: number, value: unknown) => void;

export interface Message {
  readonly fields: Readonly<Record<string, readonly [number: number, write: FieldWriter]>>;
  /** Field of vendor extensions, or, where `open` says so, of all properties that have no field of their own. */
  readonly rest?: readonly [number: number, write: FieldWriter];
  readonly open?: boolean;
}

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;

function tag(writer: Writer, number: number, wireType: number): Writer {
  return writer.uint32(number * 8 + wireType);
}

function writeMessage(writer: Writer, message: Message, value: Json): void {
  for (const [name, entry] of Object.entries(value)) {
    const field = Object.hasOwn(message.fields, name) ? message.fields[name] : undefined;
    if (field) field[1](writer, field[0], entry);
    else if (message.rest && (message.open || name.startsWith('x-'))) writeNamed(writer, message.rest, name, entry);
  }
}

function writeNamed(writer: Writer, [number, write]: readonly [number, FieldWriter], name: string, value: unknown): void {
  tag(writer, number, LENGTH_DELIMITED).fork();
  text(writer, 1, name);
  write(writer, 2, value);
  writer.ldelim();
}

export const text: FieldWriter = (writer, number, value) => void tag(writer, number, LENGTH_DELIMITED).string(String(value));

export const flag: FieldWriter = (writer, number, value) => void tag(writer, number, VARINT).bool(value === true);

export const double: FieldWriter = (writer, number, value) => void tag(writer, number, FIXED_64).double(Number(value));

export const count: FieldWriter = (writer, number, value) => void tag(writer, number, VARINT).int64(Number(value));

export const texts: FieldWriter = (writer, number, value) => {
  for (const item of value as readonly unknown[]) text(writer, number, item);
};

/** Any value, as YAML text. */
export const any: FieldWriter = (writer, number, value) => nested(writer, number, () => text(writer, 2, encodeYaml(value)));

export const anys: FieldWriter = (writer, number, value) => {
  for (const item of value as readonly unknown[]) any(writer, number, item);
};

export function nested(writer: Writer, number: number, write: () => void): void {
  tag(writer, number, LENGTH_DELIMITED).fork();
  write();
  writer.ldelim();
}

/** The message is looked up when it is used: schemas contain schemas. */
export function message(of: () => Message): FieldWriter {
  return (writer, number, value) => nested(writer, number, () => writeMessage(writer, of(), value as Json));
}

export function each(write: FieldWriter): FieldWriter {
  return (writer, number, value) => {
    for (const item of value as readonly unknown[]) write(writer, number, item);
  };
}

/** A message with one field, around a value. */
export function wrapped(number: number, write: FieldWriter): FieldWriter {
  return (writer, outer, value) => nested(writer, outer, () => write(writer, number, value));
}

/** One of two messages: a value with `$ref` is a reference, which is field 2 of the union. */
export function orReference(write: FieldWriter): FieldWriter {
  const own = wrapped(1, write);
  return (writer, number, value) => (Object.hasOwn(value as Json, '$ref') ? reference : own)(writer, number, value);
}

const REFERENCE: Message = { fields: { $ref: [1, text], summary: [2, text], description: [3, text] } };
const reference = wrapped(2, message(() => REFERENCE));

/** A map: every property is an entry {1 name, 2 value}. */
export function map(number: number, write: FieldWriter): FieldWriter {
  return message(() => ({ fields: {}, rest: [number, write], open: true }));
}
