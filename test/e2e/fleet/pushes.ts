import { readFileSync } from 'node:fs';
import { logFile } from '../harness/component.ts';

interface Pushed {
  /** `namespace/name` */
  readonly key: string;
  readonly atMs: number;
  /** What the commit's subject says after the canary. */
  readonly what: string;
}

/** The commits that the engine's log calls pushed, oldest first. */
function pushed(): readonly Pushed[] {
  return readFileSync(logFile('engine'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"decision pushed"'))
    .flatMap((line) => {
      const entry = JSON.parse(line) as { readonly time: string; readonly subject: string };
      const [, name, namespace, what] = /^([^.\s]+)\.([^:\s]+): (.*)$/.exec(entry.subject) ?? [];
      if (what === undefined) return [];
      return [{ key: `${namespace}/${name}`, atMs: Date.parse(entry.time), what }];
    });
}

/** When each canary's latest rollback was pushed. */
export function rollbackTimes(): ReadonlyMap<string, number> {
  const rollbacks = pushed().filter(({ what }) => what.startsWith('rollback'));
  return new Map(rollbacks.map(({ key, atMs }) => [key, atMs]));
}

/** From one commit of a canary to its next, for those that were pushed in a time. */
export function gapsMs(fromMs: number, untilMs: number): readonly number[] {
  const latest = new Map<string, number>();
  const gaps: number[] = [];
  for (const { key, atMs } of pushed()) {
    const before = latest.get(key);
    latest.set(key, atMs);
    if (before !== undefined && atMs >= fromMs && atMs < untilMs) gaps.push(atMs - before);
  }
  return gaps;
}
