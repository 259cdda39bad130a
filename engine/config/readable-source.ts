import type { References } from './canary/references.ts';
import type { LabelOptions } from './label-options.ts';
import type { FindObject } from './object-index.ts';

/** What a Canary may name. */
export interface ReadableSource {
  readonly find: FindObject;
  /** Among the objects that are written more than once, and that nobody may use. */
  readonly findDuplicate: FindObject;
  readonly references: References;
  readonly labels: LabelOptions;
}
