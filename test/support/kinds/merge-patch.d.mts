export function applyMergePatch(target: unknown, patch: unknown): unknown;
export function mergePatchOf(from: unknown, to: unknown): unknown;
