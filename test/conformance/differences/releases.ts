import { canonicalJson } from '../../../engine/core/digest.ts';
import type { Facts } from '../differences.ts';
import { imagesOf } from '../fields.ts';
import { ScriptedSource } from '../scripted-source.ts';
import type { Moment } from '../script.ts';
import { thresholdOf } from './canary.ts';
import type { TraceManifest } from '../trace.ts';
import { type Run, runsOf } from './steps.ts';

/** What the source wanted to be released, from a step of the recording on. */
interface Release {
  readonly at: number;
  readonly content: string;
  readonly images: string;
  /** What the run under way had come to, if any was. */
  readonly moment: Moment | undefined;
}

/** The releases of a recording in their order, the first one included. */
export function releasesOf({ trace, subject, recording }: Facts): readonly Release[] {
  const source = new ScriptedSource(trace);
  const wanted = () => ({
    content: contentOf(source, subject.target, subject.targetKind),
    images: imagesOf(source.objects.find(isTarget)),
  });
  const isTarget = ({ kind, metadata }: TraceManifest) =>
    kind === subject.targetKind && metadata.name === subject.target;
  const releases: Release[] = [{ at: 0, ...wanted(), moment: undefined }];
  for (const [index, action] of trace.script.actions.entries()) {
    const at = recording.acts[index];
    if (at === undefined) break;
    source.perform(action);
    const release = wanted();
    if (release.content !== releases.at(-1)?.content) {
      releases.push({ at, ...release, moment: recording.moments[index] });
    }
  }
  return releases;
}

/** Pod template and configuration; what of the configuration is referenced does not matter here. */
function contentOf({ objects }: ScriptedSource, target: string, targetKind: string): string {
  const released = objects.flatMap((object) => {
    const { kind, metadata } = object;
    if (kind === 'ConfigMap' || kind === 'Secret') return [[metadata.name, object['data']]];
    if (kind !== targetKind || metadata.name !== target) return [];
    const spec = object['spec'] as { readonly template?: unknown } | undefined;
    return [kind === 'Service' ? spec : spec?.template];
  });
  return canonicalJson(released);
}

/** What the source wanted when a step began. */
export function wantedAt(releases: readonly Release[], index: number): string {
  return releases.findLast(({ at }) => at < index)?.content ?? releases[0]?.content ?? '';
}

/** What had failed by a step. */
export function failedBefore(
  { recording }: Facts,
  releases: readonly Release[],
  at: number,
): ReadonlySet<string> {
  const failed = runsOf(recording).filter(
    ({ to }) => to <= at && recording.steps[to]?.phase === 'Failed',
  );
  return new Set(failed.map(({ from }) => wantedAt(releases, from)));
}

/** What the primary runs at a step: Flagger copies whatever the target is when it promotes. */
export function promotedAt(facts: Facts, releases: readonly Release[], index: number): string {
  const { steps } = facts.recording;
  const promotion = runsOf(facts.recording)
    .filter(({ to }) => to <= index && steps[to]?.phase === 'Succeeded')
    .map(({ from, to }) => promotionOf(facts, { from, to }))
    .at(-1);
  return wantedAt(releases, promotion ?? 0);
}

function promotionOf({ recording: { steps } }: Facts, { from, to }: Run): number {
  const at = steps.findIndex(({ phase }, index) => index >= from && phase === 'Promoting');
  return at < 0 || at > to ? to : at;
}

export const BEFORE_PROMOTION: ReadonlySet<string> = new Set([
  'Waiting',
  'Progressing',
  'WaitingPromotion',
]);

/** The edit during a run that made the source want what is promoted already. */
export function returnIn(facts: Facts): Release | undefined {
  const releases = releasesOf(facts);
  return releases.find(({ at, content }, index) => {
    const step = facts.recording.steps[at];
    const isBeforePromotion = BEFORE_PROMOTION.has(step?.phase ?? '');
    const isOpen = (step?.failedChecks ?? 0) < thresholdOf(facts);
    return isBeforePromotion && isOpen && index > 0 && content === promotedAt(facts, releases, at);
  });
}
