/** Signs commits; the key never leaves the process. */
export interface CommitSigner {
  /**
   * The armored signature of a commit object.
   *
   * @throws ProblemError when the key cannot be used, for example because it has expired
   */
  sign(commit: Buffer, atMs: number): Promise<string>;
  /** The public key in one line, as a host or a verifier wants to know it. */
  publicKey(): Promise<string>;
}
