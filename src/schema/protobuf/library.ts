import { createRequire } from 'node:module';
import type protobufjs from 'protobufjs/minimal.js';
import { lazy } from '../facts.js';

export type Reader = protobufjs.Reader;
export type Writer = protobufjs.Writer;

/** protobufjs' Reader and Writer; loaded on first use, since most clusters' first seconds see only JSON. */
export const protobufLibrary = lazy(() => createRequire(import.meta.url)('protobufjs/minimal') as typeof protobufjs);

/** Bytes that are no message; the message is like those of Go's generated code. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtobufError';
  }
}
