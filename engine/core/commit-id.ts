/** Whole object ids, of SHA-1 and of SHA-256 repositories; nothing that could be a ref or an option. */
export const COMMIT_ID = /^[0-9a-f]{40,64}$/;

export function isCommitId(text: string): boolean {
  return COMMIT_ID.test(text);
}
