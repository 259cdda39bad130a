import { z } from 'zod';
import { SELECTOR_LABELS } from '../../constructs/selector-label.ts';

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const LabelKey = z
  .string()
  .max(317)
  .regex(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    'must be the name of a label',
  );

/** How the labels of targets are read, and which of them are taken over. */
export const LabelOptionsFile = z.strictObject({
  /** By the first of these that a target selects its pods by, its tracks are told apart. */
  selectors: z
    .array(LabelKey)
    .min(1)
    .default([...SELECTOR_LABELS]),
  /** Primaries and copies take over the labels that begin with one of these; `*` is all. */
  prefixes: z.array(z.string().min(1)).default([]),
});

export type LabelOptions = Readonly<z.infer<typeof LabelOptionsFile>>;

export const DEFAULT_LABELS: LabelOptions = LabelOptionsFile.parse({});
