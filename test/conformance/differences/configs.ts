import { configReferences } from '../../../constructs/workloads/config-references.ts';
import type { PodTemplate } from '../../../constructs/manifest.ts';
import type { Difference, Facts } from '../differences.ts';
import { fields } from '../fields.ts';
import { type History, RUNNING } from '../history.ts';
import type { TraceAction, TraceManifest } from '../trace.ts';
import { ladderOf } from './canary.ts';
import { isSteady, passingRun } from './passing-run.ts';

/** Configuration of the pods that Flagger does not look at. */
export const CONFIGS: readonly Difference[] = [{ id: 'R14', expect: withBinaryReleased }];

/**
 * A change of `binaryData` alone is none to Flagger; with Serin it is released like any other, of
 * which nothing is known but the script.
 */
function withBinaryReleased(facts: Facts): History | undefined {
  const { trace, recording } = facts;
  const edited = trace.script.actions.findIndex((action) => isBinaryAlone(action, facts));
  const at = recording.acts[edited];
  const before = at === undefined ? undefined : recording.steps[at];
  if (at === undefined || before === undefined || RUNNING.has(before.phase)) return undefined;
  if (before.phase === 'Initializing' || !isSteady(facts)) return undefined;
  if (ladderOf(facts).length === 0) return undefined;
  const run = passingRun(facts, before).map((step) => ({ ...step, origin: at }));
  const steps = [...recording.steps.slice(0, at + 1), ...run, ...recording.steps.slice(at + 1)];
  return { ...recording, steps, events: [] };
}

function isBinaryAlone(action: TraceAction, facts: Facts): boolean {
  if (action.do !== 'patch' || action.kind !== 'ConfigMap') return false;
  const { binaryData, data } = action.patch;
  return binaryData !== undefined && data === undefined && isTracked(action.name, facts);
}

/** Whether the pods of the target read a ConfigMap of the source that takes part in releases. */
function isTracked(name: string, { trace, subject }: Facts): boolean {
  const target = named(trace.input, subject.targetKind, subject.target);
  const config = named(trace.input, 'ConfigMap', name);
  const annotations = fields(config?.metadata['annotations']);
  const { template } = fields(target?.['spec']);
  return (
    config !== undefined &&
    template !== undefined &&
    annotations['flagger.app/config-tracking'] === undefined &&
    configReferences(template as PodTemplate).some(
      (reference) => reference.kind === 'ConfigMap' && reference.name === name,
    )
  );
}

function named(
  objects: readonly TraceManifest[],
  kind: string,
  name: string,
): TraceManifest | undefined {
  return objects.find((object) => object.kind === kind && object.metadata.name === name);
}
