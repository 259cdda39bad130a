import type { CanarySpec, Gate } from '../../constructs/canary-spec.ts';
import type { Decision, Wait } from './decision.ts';
import type { CheckKind, CheckResult, Observation } from './observation.ts';
import type { RejectedRevision, Weights } from './record.ts';

/** What people have written into `control.yaml`; the engine reads it and never writes it. */
export interface Control {
  /** Whatever takes traffic away from the canary still happens, and nothing else. */
  readonly paused: boolean;
  /** Each is of one revision: whoever approved one has not approved the next. */
  readonly approvals: readonly Approval[];
  /** To be rolled back, whatever the metrics say. */
  readonly abort?: Attempt;
  /** To be tried again although it was rejected. */
  readonly retry?: Attempt;
  /** To be promoted without any further analysis. */
  readonly promote?: Attempt;
}

export interface Approval {
  readonly gate: Gate;
  readonly revision: string;
  /** Of a traffic increase: up to this weight; absent: any. */
  readonly weight?: number;
}

/**
 * One try of a revision. What people want of it ends with it: an abort that still stands in the file
 * does not abort the next attempt, and a retry does not go on for ever.
 */
export interface Attempt {
  readonly revision: string;
  readonly attempt: number;
}

export type ControlObservation =
  | ({ readonly state: 'read' } & Control)
  | { readonly state: 'damaged'; readonly path: string; readonly why: string };

export const SAID_NOTHING: ControlObservation = { state: 'read', paused: false, approvals: [] };

/** Why a rollout ends that a person has aborted. */
export const ABORTED = 'aborted by control.yaml';

type Controlled = Pick<Observation, 'control'>;

/** A person holds the canary where it is; so does a file that nobody can read. */
export function waitForPeople({ control }: Controlled): Extract<Decision, Wait> | undefined {
  if (control.state === 'damaged') {
    return {
      kind: 'blocked',
      why: `control-damaged: ${control.path}: ${control.why}`,
      remedy: `correct ${control.path}, or remove it`,
    };
  }
  return control.paused ? { kind: 'wait', why: 'paused by control.yaml' } : undefined;
}

export function isAborted(seen: Controlled, attempt: Attempt): boolean {
  return isMeant(seen, 'abort', attempt);
}

/** Its analysis is skipped, because the canary has none or because a person has seen enough. */
export function isSkipped(spec: CanarySpec, seen: Controlled, attempt: Attempt): boolean {
  return spec.skipAnalysis || isMeant(seen, 'promote', attempt);
}

/** A revision that failed is tried again when somebody asks for one attempt more. */
export function isRetried({ control }: Controlled, rejected: RejectedRevision): boolean {
  if (control.state === 'damaged' || control.retry === undefined) return false;
  const { revision, attempt } = control.retry;
  return revision === rejected.revision && attempt > rejected.attempts;
}

function isMeant(
  { control }: Controlled,
  action: 'abort' | 'promote',
  { revision, attempt }: Attempt,
): boolean {
  if (control.state === 'damaged') return false;
  const meant = control[action];
  return meant?.revision === revision && meant.attempt === attempt;
}

/** The name of every answer that people give. */
export const MANUAL_APPROVAL = 'manual-approval';

const KINDS: Readonly<Record<Gate, CheckKind>> = {
  rollout: 'confirm-rollout',
  'traffic-increase': 'confirm-traffic-increase',
  promotion: 'confirm-promotion',
};

/** The answer of a gate that people open by approving a revision; nothing where there is no such gate. */
export function approvalOf(
  { gates, namespace, name: canary }: CanarySpec,
  { control }: Controlled,
  gate: Gate,
  revision: string,
  to?: Weights,
): readonly CheckResult[] {
  if (!gates.includes(gate)) return [];
  const approvals = control.state === 'damaged' ? [] : control.approvals;
  const isOpen = approvals.some(
    (approval) =>
      approval.gate === gate &&
      approval.revision === revision &&
      (to?.canary ?? 0) <= (approval.weight ?? 100),
  );
  const check = { kind: KINDS[gate], name: MANUAL_APPROVAL } as const;
  const remedy = `serin approve ${namespace}/${canary} ${gate}`;
  return [
    isOpen
      ? { ...check, verdict: 'pass', detail: `of revision ${revision} is in control.yaml` }
      : { ...check, verdict: 'fail', detail: `of revision ${revision} is missing: ${remedy}` },
  ];
}
