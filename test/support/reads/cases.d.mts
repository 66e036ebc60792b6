export interface World {
  readonly revisions: Readonly<Record<string, number>>;
  readonly future: number;
  readonly token: string;
}
export const NAMESPACE: string;
export const requests: readonly string[];
export function setUp(call: (method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>) => Promise<unknown>): Promise<World>;
/** `{ ANSWER: [REQUEST, …] }` */
export function grouped(answers: ReadonlyArray<readonly [request: string, answer: string]>): Record<string, string[]>;
export function pathIn(world: World, request: string): string;
export function lineOf(world: World, answer: { readonly code: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string }): string;
