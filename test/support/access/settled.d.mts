export function settled(answer: unknown): unknown;
