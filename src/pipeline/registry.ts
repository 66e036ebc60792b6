export type { Kind } from '../registry/kind.js';
export type { RegistryDependencies, WriteRequest } from '../registry/dependencies.js';
