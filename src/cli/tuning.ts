import { setFlagsFromString } from 'node:v8';

/*
 * What V8 does by default suits programs that run long and allocate evenly; a server in a test is new, and gets its work in
 * bursts. Measured with Node 20, docs/performance.md; other versions have other compilers and collectors and are left alone.
 */
if (process.versions.v8.startsWith('11.')) {
  // A server's first thousands of writes run code that is just getting warm: V8 compiles some 600 functions of the write
  // path, with copies of all that they call, on threads that take the clients' time. Without such copies a write takes a
  // tenth less CPU as long as that lasts, and no more later on; a get, which is a tenth of a write, takes a fifth more.
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=0');
  // A burst of writes would make the heap as large again as what is stored. It is collected when it has grown by 60 %.
  setFlagsFromString('--heap-growing-percent=60');
}
