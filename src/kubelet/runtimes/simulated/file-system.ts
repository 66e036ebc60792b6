import type { IFileSystem } from 'just-bash';

/**
 * A container's root file system with the pod's volumes mounted in it (just-bash's MountableFs over in-memory
 * layers): one volume mounted in several containers is truly shared.
 */
export type FileSystem = IFileSystem;
