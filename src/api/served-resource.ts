import type { GroupVersionResource } from './gvk.js';

/** What discovery says of a resource, for residents that work on all kinds alike. */
export interface ServedResource extends GroupVersionResource {
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Of several versions of a resource the one to work with. */
  readonly preferred: boolean;
}

/** All resources that are served now; custom ones come and go with their CRDs. */
export interface ResourceDirectory {
  resources(): readonly ServedResource[];
}
