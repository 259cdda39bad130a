import { DEFAULT_LABELS, type LabelOptions } from '../config/label-options.ts';
import { type LoadedSource, loadSource } from '../config/load-source.ts';
import type { SourceInterpreter } from './engine-ports.ts';

/**
 * Parsing a fleet's manifests costs more than all its decisions, and most passes see the same
 * source commit as the pass before: the last answer is kept.
 */
export function createSourceInterpreter(labels: LabelOptions = DEFAULT_LABELS): SourceInterpreter {
  let last: { readonly key: string; readonly loaded: LoadedSource } | undefined;
  return (snapshot, established) => {
    const key = JSON.stringify([snapshot.commit, [...established].toSorted()]);
    if (last?.key !== key) {
      const options = { established, unread: snapshot.unread, labels };
      last = { key, loaded: loadSource(snapshot.files, options) };
    }
    return last.loaded;
  };
}
