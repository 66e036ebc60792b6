export const negotiations: readonly string[];
export function shapeOf(answer: { readonly code: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string }): string;
