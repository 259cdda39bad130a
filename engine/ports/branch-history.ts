/** The whole history of the delivery branch, for whoever checks it. */
export interface BranchHistory {
  /** First parents from the root to the tip, oldest first, in portions. */
  commits(): AsyncIterable<readonly AuditedCommit[]>;
}

export interface AuditedCommit {
  readonly commit: string;
  readonly parents: readonly string[];
  readonly author: string;
  readonly committedMs: number;
  /** The message as it was written. */
  readonly message: string;
  readonly changes: readonly AuditedChange[];
  readonly signature: Signature;
}

/** A path that differs from the first parent; `undefined` where the file is not there. */
export interface AuditedChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** As Git writes it: `100644` for a plain file. */
  readonly mode: string;
}

/** What Git says of a commit's signature, given the keys it is told to trust. */
export type Signature = 'good' | 'bad' | 'none' | 'unchecked';
