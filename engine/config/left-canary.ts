import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { parseSourceFile, type SourceObject } from './documents.ts';
import type { ReadableSource } from './readable-source.ts';
import { readCanary } from './read-canary.ts';

/** What a canary needs no more once it is taken away, and what may have gone from the source with it. */
const DISPENSABLE: readonly (readonly string[])[] = [
  [],
  ['analysis.metrics', 'analysis.alerts'],
  ['analysis.metrics', 'analysis.alerts', 'autoscalerRef'],
];

/**
 * A Canary that the source holds no more, as it was delivered, with its target as the source has it
 * now. Nothing where that cannot be read.
 */
export function readLeftCanary(
  path: string,
  text: string,
  source: ReadableSource,
): ResolvedCanary | undefined {
  const [object] = parseSourceFile({ path, text }).objects;
  if (object === undefined) return undefined;
  for (const fields of DISPENSABLE) {
    const { canary } = readCanary(without(object, fields), source);
    if (canary !== undefined) return canary.resolved;
  }
  return undefined;
}

function without(object: SourceObject, fields: readonly string[]): SourceObject {
  const manifest = fields.reduce<Json>(
    (node, field) => withoutField(node, ['spec', ...field.split('.')]),
    object.manifest,
  );
  return { ...object, manifest: manifest as SourceObject['manifest'] };
}

type Json = Readonly<Record<string, unknown>>;

function withoutField(node: Json, [field = '', ...rest]: readonly string[]): Json {
  const { [field]: child, ...others } = node;
  if (rest.length === 0 || typeof child !== 'object' || child === null) {
    return rest.length === 0 ? others : node;
  }
  return { ...others, [field]: withoutField(child as Json, rest) };
}
