/** Path of the kubectl that tests use. */
export function kubectlPath(): string;
/** Path of the helm that tests use. */
export function helmPath(): string;
