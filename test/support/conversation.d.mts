export interface Step {
  readonly send: string;
  readonly type?: string;
  readonly body?: unknown;
  /** JSON unless told. */
  readonly accept?: string;
  /** The request is made again until it is answered with this code. */
  readonly until?: number;
  /** A step on the way, whose answer does not matter. */
  readonly hide?: boolean;
  /** As the real server answered. */
  readonly code?: number;
  readonly answer?: unknown;
  readonly warnings?: readonly string[];
}

export interface Conversation {
  readonly name: string;
  readonly steps: readonly Step[];
}

export class Mask {
  mask(text: string): string;
  unmask(text: string): string;
}

export function requestOf(step: Step, namespace: string, mask: Mask): { method: string; path: string; body: string | undefined; type: string; accept: string };
export function inAnyOrder(answer: unknown): unknown;
