import { z } from 'zod';
import type { TargetKind } from '../../constructs/canary-spec.ts';
import type { TargetManifest, WorkloadManifest } from '../../constructs/manifest.ts';
import { type SelectorLabel, selectorLabelOf } from '../../constructs/selector-label.ts';
import type { Problem } from '../core/errors.ts';
import { TRACK_NAME_MAX } from './canary/fields.ts';
import type { SourceObject } from './documents.ts';
import { issueProblems } from './issues.ts';
import type { LabelOptions } from './label-options.ts';
import type { FindObject } from './object-index.ts';
import { namespaceOf } from './object-names.ts';
import { TARGET_FILES } from './target-files.ts';

/** Read on its own: a mistake elsewhere in the Canary must not make its target anybody's. */
const TargetRef = z.object({
  spec: z.object({
    targetRef: z.object({ apiVersion: z.string(), kind: z.string(), name: z.string() }),
  }),
});

type Ref = z.infer<typeof TargetRef>['spec']['targetRef'];

function targetRefOf({ manifest }: SourceObject): Ref | undefined {
  return TargetRef.safeParse(manifest).data?.spec.targetRef;
}

/** The object that a Canary names as its target. */
export function findTarget(canary: SourceObject, find: FindObject): SourceObject | undefined {
  const ref = targetRefOf(canary);
  if (ref === undefined) return undefined;
  const { kind, name } = ref;
  const object = find({ kind, name, namespace: namespaceOf(canary.manifest) });
  return object?.manifest.apiVersion === ref.apiVersion ? object : undefined;
}

export function targetMissing(canary: SourceObject, findDuplicate: FindObject): readonly Problem[] {
  const { manifest, locate } = canary;
  const ref = targetRefOf(canary);
  if (ref === undefined) return [];
  const isDuplicate = findTarget(canary, findDuplicate) !== undefined;
  const message = isDuplicate
    ? `the target ${ref.kind} ${ref.name} is written more than once`
    : `the source holds no ${ref.kind} ${ref.name} in namespace ${namespaceOf(manifest)}`;
  const remedy = isDuplicate
    ? 'keep one of them below the source path'
    : 'put the target beside its Canary, or correct spec.targetRef';
  const location = locate(['spec', 'targetRef', 'name']);
  return [{ code: 'target-missing', message, remedy, location }];
}

export interface ReadTarget {
  readonly manifest: TargetManifest;
  readonly selectorLabel: SelectorLabel | undefined;
}

type Target = ReadTarget | { readonly problems: readonly Problem[] };

/** The target with the label of its pods, or what is wrong with it. */
export function readTarget(
  object: SourceObject,
  kind: TargetKind,
  { selectors }: LabelOptions,
): Target {
  const file = TARGET_FILES[kind].safeParse(object.manifest);
  if (!file.success) {
    const { locate, manifest: input } = object;
    return { problems: issueProblems(file.error.issues, { input, known: [], locate }) };
  }
  const manifest = file.data as unknown as TargetManifest;
  return manifest.kind === 'Service'
    ? { manifest, selectorLabel: undefined }
    : readWorkload(object, manifest, selectors);
}

function readWorkload(
  object: SourceObject,
  manifest: WorkloadManifest,
  selectors: readonly string[],
): Target {
  const selectorLabel = selectorLabelOf(manifest, selectors);
  const podLabels = manifest.spec.template.metadata?.labels ?? {};
  if (selectorLabel !== undefined && podLabels[selectorLabel.key] === selectorLabel.value) {
    return selectorLabel.value.length > TRACK_NAME_MAX
      ? { problems: [labelTooLong(object, selectorLabel)] }
      : { manifest, selectorLabel };
  }
  const { kind, metadata } = manifest;
  const location = object.locate(['spec', 'selector', 'matchLabels']);
  const message = `${kind} ${metadata.name} selects its pods by none of the labels ${selectors.join(', ')}, or its pods do not carry it`;
  const remedy = `add the label \`${selectors[0]}\` to spec.selector.matchLabels and to the pod template`;
  return { problems: [{ code: 'selector-label-missing', message, remedy, location }] };
}

function labelTooLong(object: SourceObject, { key, value }: SelectorLabel): Problem {
  return {
    code: 'invalid-field',
    message: `the label ${key} is ${value}, which is longer than ${TRACK_NAME_MAX} characters`,
    remedy: 'shorten it: the primary carries it with -primary added, and a label ends at 63',
    location: object.locate(['spec', 'selector', 'matchLabels', key]),
  };
}
