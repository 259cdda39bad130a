import { type LoadedSource, loadSource } from '../config/load-source.ts';
import type { SourceInterpreter } from './engine-ports.ts';

/**
 * Parsing a fleet's manifests costs more than all its decisions, and most passes see the same
 * source commit as the pass before: the last answer is kept.
 */
export function createSourceInterpreter(): SourceInterpreter {
  let last: { readonly key: string; readonly loaded: LoadedSource } | undefined;
  return (snapshot, established) => {
    const key = JSON.stringify([snapshot.commit, [...established].toSorted()]);
    if (last?.key !== key)
      last = { key, loaded: loadSource(snapshot.files, { established, unread: snapshot.unread }) };
    return last.loaded;
  };
}
