import type { SourceObject } from './documents.ts';
import { namespaceOf, objectId } from './object-names.ts';

/** Finds an object of the source by its kind and names. */
export type FindObject = (names: Parameters<typeof objectId>[0]) => SourceObject | undefined;

/** A fleet's canaries look for some thousand objects among as many. */
export function indexObjects(objects: Iterable<SourceObject>): FindObject {
  const byId = new Map<string, SourceObject>();
  for (const object of objects) {
    const { kind, metadata } = object.manifest;
    byId.set(
      objectId({ kind, namespace: namespaceOf(object.manifest), name: metadata.name }),
      object,
    );
  }
  return (names) => byId.get(objectId(names));
}
