import type { WorkloadKind } from '../../constructs/canary-spec.ts';
import type { WorkloadOrigin } from '../core/origin.ts';

/** Reads what a workload runs, and whose it is, before a canary takes it over. */
export interface OriginReader {
  origin(kind: WorkloadKind, namespace: string, name: string): Promise<WorkloadOrigin>;
}
