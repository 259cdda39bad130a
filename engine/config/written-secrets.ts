import { z } from 'zod';
import type { SecretValues } from '../ports/secret-reader.ts';
import type { SourceObject } from './documents.ts';
import { namespaceOf } from './object-names.ts';

const Values = z.record(z.string(), z.string());

/** A Secret that SOPS has encrypted says so beside its data, and its values are of no use. */
const Secret = z.looseObject({
  data: Values.optional(),
  stringData: Values.optional(),
  sops: z.undefined().optional(),
});

/** The Secrets that stand in clear in the source, by `namespace/name`. */
export function writtenSecrets(
  objects: readonly SourceObject[],
): ReadonlyMap<string, SecretValues> {
  const secrets = objects.flatMap(({ manifest }) => {
    if (manifest.kind !== 'Secret' || manifest.apiVersion !== 'v1') return [];
    const secret = Secret.safeParse(manifest);
    if (!secret.success) return [];
    const { data = {}, stringData = {} } = secret.data;
    const decoded = Object.entries(data).flatMap(([key, text]) => {
      const value = decode(text);
      return value === undefined ? [] : [[key, value] as const];
    });
    const values = { ...Object.fromEntries(decoded), ...stringData };
    return [[`${namespaceOf(manifest)}/${manifest.metadata.name}`, values] as const];
  });
  return new Map(secrets);
}

/** Nothing for a value that is not Base64: it is none that the API server would take. */
function decode(text: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}
