import type { WorkloadKind } from '../../constructs/canary-spec.ts';
import type { ObjectOrigin, WorkloadOrigin } from '../core/origin.ts';
import type { ObjectReference } from './cluster.ts';

/** Reads what is there, and whose it is, before a canary takes it over. */
export interface OriginReader {
  origin(kind: WorkloadKind, namespace: string, name: string): Promise<WorkloadOrigin>;
  /** Whose another object is, and what keeps others from changing or removing it. */
  object(reference: ObjectReference): Promise<ObjectOrigin>;
}
