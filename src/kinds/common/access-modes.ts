const SHORT: ReadonlyArray<readonly [string, string]> = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** `RWO,RWX`, as tables of volumes and claims show access modes. */
export function accessModesCell(modes: readonly string[] | undefined): string {
  return SHORT.flatMap(([mode, short]) => (modes?.includes(mode) ? short : [])).join(',');
}

export const BETA_STORAGE_CLASS = 'volume.beta.kubernetes.io/storage-class';
