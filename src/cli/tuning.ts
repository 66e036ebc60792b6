import { setFlagsFromString } from 'node:v8';

/**
 * A server's first thousands of writes run code that is just getting warm: V8 compiles some 600 functions of the write
 * path, with copies of all that they call, on threads that take the clients' time. Without such copies a write takes a
 * tenth less CPU as long as that lasts, and no more later on; a get, which is a tenth of a write, takes a fifth more.
 * Measured with Node 20; other versions have other compilers and are left alone. See docs/performance.md.
 */
if (process.versions.v8.startsWith('11.')) setFlagsFromString('--max-inlined-bytecode-size-cumulative=0');
