/**
 * Reads single Secrets by name. Their values belong into the one request they are for: not into
 * logs, errors, records or commits.
 */
export interface SecretReader {
  read(namespace: string, name: string): Promise<SecretOutcome>;
}

export type SecretOutcome =
  | { readonly kind: 'read'; readonly values: SecretValues }
  /** `why` names the Secret and never holds a value of it. */
  | { readonly kind: 'unread'; readonly why: string };

/** Decoded values by key. */
export type SecretValues = Readonly<Record<string, string>>;
