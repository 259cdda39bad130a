import { z } from 'zod';

/** Why a collection is not followed at the moment. */
export type Interruption =
  | { readonly kind: 'unused' }
  /** What came in between cannot be had any more. */
  | { readonly kind: 'gone' }
  /** The right is missing, the kind is not installed, or there is too much of it. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'weather'; readonly why: string };

const Failure = z.object({ code: z.number().optional(), message: z.string().optional() });

/** A watch from too long ago is a reason to list again, and nothing else. */
export function failureOf(status: unknown): Interruption {
  const { code, message = 'no reason given' } = Failure.safeParse(status).data ?? {};
  return code === 410 ? { kind: 'gone' } : { kind: 'weather', why: message };
}

export function troubleOf(answer: {
  readonly kind: string;
  readonly why?: string;
  readonly status?: number;
}): Interruption {
  const { why = answer.kind, status } = answer;
  if (status === 410) return { kind: 'gone' };
  return status === 403 ? refusal(why) : { kind: 'weather', why };
}

export function refusal(why: string): Interruption {
  return { kind: 'refused', why };
}
