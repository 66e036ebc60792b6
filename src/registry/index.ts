export { KindCatalogue } from './catalogue.js';
export type { AdmissionAttributes, AdmissionHooks, RegistryDependencies, WriteRequest } from './dependencies.js';
export { create, createAdmitted } from './create.js';
export { update, type UpdateFunction, type UpdateOptions, type UpdateResult } from './update.js';
export { remove, type DeleteResult } from './delete.js';
export { removeCollection } from './delete-collection.js';
export { list, listPrefix, type ListQuery, type ListResult } from './list.js';
export { watch, type RegistryEvent, type WatchQuery } from './watch.js';
export { Selection } from './selection.js';
