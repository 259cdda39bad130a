import { z } from 'zod';
import type { CheckResult, WorkloadObservation } from '../core/observation.ts';

/** What a decision is taken again from; the rest of the file is compared with what is rendered. */
const EvidenceFile = z.object({
  live: z.string(),
  effect: z.string().optional(),
  primary: z.custom<WorkloadObservation>(),
  canaryWorkload: z.custom<WorkloadObservation>(),
  checks: z.array(z.custom<CheckResult>()),
});

type EvidenceFile = z.infer<typeof EvidenceFile>;

/** Nothing for a file that is none. */
export function parseEvidence(text: string): EvidenceFile | undefined {
  try {
    return EvidenceFile.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
