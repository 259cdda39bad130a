import { z } from 'zod';
import { selectorLabelOf } from '../../constructs/selector-label.ts';
import type { Problem } from '../core/errors.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { TRACK_NAME_MAX } from './canary/fields.ts';
import { DeploymentFile } from './deployment-file.ts';
import type { SourceObject } from './documents.ts';
import { issueProblems } from './issues.ts';
import { namespaceOf, objectId } from './object-names.ts';

const TargetRef = z.object({ spec: z.object({ targetRef: z.object({ name: z.string() }) }) });

/** The object that a Canary names as its target. */
export function findTarget(
  canary: SourceObject,
  objects: readonly SourceObject[],
): SourceObject | undefined {
  const ref = TargetRef.safeParse(canary.manifest);
  if (!ref.success) return undefined;
  const namespace = namespaceOf(canary.manifest);
  const wanted = objectId({ kind: 'Deployment', namespace, name: ref.data.spec.targetRef.name });
  return objects.find(({ manifest }) => objectId(namesOf(manifest)) === wanted);
}

function namesOf(manifest: SourceObject['manifest']): Parameters<typeof objectId>[0] {
  const { kind, metadata } = manifest;
  return { kind, namespace: namespaceOf(manifest), name: metadata.name };
}

export function targetMissing(
  canary: SourceObject,
  duplicates: ReadonlyMap<SourceObject, Problem>,
): readonly Problem[] {
  const { manifest, locate } = canary;
  const ref = TargetRef.safeParse(manifest);
  if (!ref.success) return [];
  const { name } = ref.data.spec.targetRef;
  const isDuplicate = findTarget(canary, [...duplicates.keys()]) !== undefined;
  const message = isDuplicate
    ? `the target Deployment ${name} is written more than once`
    : `the source holds no Deployment ${name} in namespace ${namespaceOf(manifest)}`;
  const remedy = isDuplicate
    ? 'keep one of them below the source path'
    : 'put the target beside its Canary, or correct spec.targetRef.name';
  const location = locate(['spec', 'targetRef', 'name']);
  return [{ code: 'target-missing', message, remedy, location }];
}

type Target =
  | {
      readonly manifest: ResolvedCanary['target'];
      readonly selectorLabel: ResolvedCanary['selectorLabel'];
    }
  | { readonly problems: readonly Problem[] };

/** The target with the label of its pods, or what is wrong with it. */
export function readTarget(object: SourceObject): Target {
  const file = DeploymentFile.safeParse(object.manifest);
  if (!file.success) {
    const { locate, manifest: input } = object;
    return { problems: issueProblems(file.error.issues, { input, known: [], locate }) };
  }
  const manifest = file.data as ResolvedCanary['target'];
  const selectorLabel = selectorLabelOf(manifest);
  const podLabels = manifest.spec.template.metadata?.labels ?? {};
  if (selectorLabel !== undefined && podLabels[selectorLabel.key] === selectorLabel.value) {
    return selectorLabel.value.length > TRACK_NAME_MAX
      ? { problems: [labelTooLong(object, selectorLabel)] }
      : { manifest, selectorLabel };
  }
  const location = object.locate(['spec', 'selector', 'matchLabels']);
  const message = `Deployment ${manifest.metadata.name} selects its pods by none of the labels app, name, app.kubernetes.io/name, or its pods do not carry it`;
  const remedy = 'add the label `app` to spec.selector.matchLabels and to the pod template';
  return { problems: [{ code: 'selector-label-missing', message, remedy, location }] };
}

function labelTooLong(
  object: SourceObject,
  { key, value }: ResolvedCanary['selectorLabel'],
): Problem {
  return {
    code: 'invalid-field',
    message: `the label ${key} is ${value}, which is longer than ${TRACK_NAME_MAX} characters`,
    remedy: 'shorten it: the primary carries it with -primary added, and a label ends at 63',
    location: object.locate(['spec', 'selector', 'matchLabels', key]),
  };
}
