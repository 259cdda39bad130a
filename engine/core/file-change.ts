/** A change of one file of the delivery branch, by its path from the root. */
export type FileChange =
  | { readonly kind: 'write'; readonly path: string; readonly text: string }
  | { readonly kind: 'delete'; readonly path: string };
