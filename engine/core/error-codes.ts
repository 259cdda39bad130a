/**
 * The catalogue of everything a person can be told to mend. `docs/errors.md` has a row for each
 * code; a test keeps the two together.
 */
export const ERROR_CODES = [
  // The source
  'yaml-syntax',
  'yaml-alias-limit',
  'not-a-manifest',
  'file-too-large',
  'not-a-file',
  'invalid-field',
  'missing-field',
  'unknown-field',
  'unsupported-field',
  'unknown-provider',
  'route-inexpressible',
  'unknown-metric',
  'template-unusable',
  'invalid-query',
  'alert-provider-missing',
  'invalid-weights',
  'invalid-strategy',
  'target-missing',
  'target-shared',
  'configmap-missing',
  'autoscaler-unusable',
  'canary-duplicate',
  'object-conflict',
  'object-duplicate',
  'selector-label-missing',
  'source-empty',
  'source-missing',
  'path-outside',
  // The operator's configuration and the command line
  'config-missing',
  'kubeconfig-unusable',
  'address-unusable',
  'invalid-argument',
  'canary-unknown',
  'action-refused',
  'commit-unknown',
  'clone-missing',
  // The world
  'git-ref-invalid',
  'credentials-unusable',
  'signing-key-unusable',
  'path-occupied',
  'edited-by-hand',
  'record-damaged',
  'control-damaged',
  'node-too-old',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
