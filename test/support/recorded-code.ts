/** The code that we answer where the real server recorded `code`: a bad request is never a failure of the server (docs/decisions/no-500-for-bad-input.md). */
export const codeOf = ({ code }: { readonly code?: number | undefined }): number | undefined => (code === 500 ? 400 : code);
