/** Path of kubectl v1.30; undefined where it is not to be had. */
export function oldKubectlPath(): string | undefined;
