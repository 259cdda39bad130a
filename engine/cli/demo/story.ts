import { readStates } from '../../controller/delivery-state.ts';
import type { RolloutRecord } from '../../core/record.ts';
import type { DemoRepository, Version } from './demo-repository.ts';

export const CANARY = 'default/reviews';

/** What the story needs next, told from Git alone: a demo that was killed goes on where it was. */
export type Chapter =
  | { readonly kind: 'release'; readonly version: Version }
  | { readonly kind: 'watch'; readonly version: Version }
  | { readonly kind: 'end'; readonly succeeded: boolean; readonly why: string };

export async function nextChapter(
  repository: DemoRepository,
  record: RolloutRecord | undefined,
): Promise<Chapter> {
  const version = await repository.sourceVersion();
  if (version === undefined) return { kind: 'release', version: 'v1' };
  if (record === undefined || record.awaiting !== 'revision') return { kind: 'watch', version };
  const rollouts = record.rollout?.number ?? 0;
  switch (version) {
    case 'v1':
      return { kind: 'release', version: 'v2' };
    case 'v2':
      if (rollouts < 1) return { kind: 'watch', version };
      return record.phase === 'Succeeded'
        ? { kind: 'release', version: 'v3' }
        : { kind: 'end', succeeded: false, why: `v2 ended as ${record.phase}, not Succeeded` };
    case 'v3':
      if (rollouts < 2) return { kind: 'watch', version };
      return record.phase === 'Failed'
        ? { kind: 'end', succeeded: true, why: 'v2 was promoted, v3 was rolled back' }
        : { kind: 'end', succeeded: false, why: `v3 ended as ${record.phase}, not Failed` };
  }
}

export async function readRecord(
  repository: DemoRepository,
  tip: string | undefined,
): Promise<RolloutRecord | undefined> {
  const state = (await readStates(repository.delivery, tip)).get(CANARY);
  return state?.kind === 'sound' ? state.record : undefined;
}
