export interface Question {
  readonly as: { readonly name: string; readonly groups: readonly string[]; readonly uid?: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly headers: Record<string, string>;
}
export const namespace: string;
export const setup: ReadonlyArray<{ readonly path: string; readonly body: object }>;
export const questions: Readonly<Record<string, Question>>;
export const flows: Readonly<Record<string, Question>>;
