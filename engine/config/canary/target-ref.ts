import { z } from 'zod';
import type { TargetRef } from '../../../constructs/canary-spec.ts';
import { show } from '../issues.ts';
import { type Breach, RuleText, TrackName } from './fields.ts';

/** `spec.targetRef`; which kinds can be targets is a rule, so that its message can name them. */
export const TargetRefFile = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: TrackName,
});

export const TargetRefRules = z
  .object({ apiVersion: z.string(), kind: z.string(), name: RuleText })
  .optional()
  .catch(undefined);

const GROUPS: Readonly<Record<TargetRef['kind'], TargetRef['apiVersion']>> = {
  Deployment: 'apps/v1',
  DaemonSet: 'apps/v1',
  Service: 'v1',
};

/** A target that breaks no rule. */
export function resolveTargetRef({ kind, name }: z.infer<typeof TargetRefFile>): TargetRef {
  const target = { apiVersion: GROUPS[kind as TargetRef['kind']], kind, name };
  return target as TargetRef;
}

export interface WrittenTarget {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name?: string | undefined;
}

export function targetBreaches({ apiVersion, kind }: WrittenTarget): readonly Breach[] {
  if (isKnown(kind) && GROUPS[kind] === apiVersion) return [];
  const field = ['spec', 'targetRef', 'kind'];
  const message = `spec.targetRef is a ${show(kind)} of ${show(apiVersion)}, which cannot be a target`;
  const known = Object.entries(GROUPS).map(([name, group]) => `${name} of ${group}`);
  return [{ code: 'unsupported-field', field, message, remedy: `use a ${known.join(', or a ')}` }];
}

function isKnown(kind: string): kind is TargetRef['kind'] {
  return Object.hasOwn(GROUPS, kind);
}
