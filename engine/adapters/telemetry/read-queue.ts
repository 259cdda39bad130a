import { z } from 'zod';

const Queue = z.object({
  decisions: z.array(
    z.object({
      canary: z.string().optional(),
      lane: z.enum(['urgent', 'ordinary']),
      subjects: z.array(z.string()),
      since: z.string(),
      until: z.string().optional(),
      why: z.string(),
    }),
  ),
});

export type QueueAnswer =
  | { readonly kind: 'read'; readonly decisions: z.infer<typeof Queue>['decisions'] }
  | { readonly kind: 'unreachable'; readonly why: string };

const TIMEOUT_MS = 5_000;

/** Asks a running engine what waits for a push. */
export async function readQueue(url: URL): Promise<QueueAnswer> {
  try {
    const response = await fetch(new URL('/queue', url), {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return { kind: 'unreachable', why: `it answered ${response.status}` };
    const parsed = Queue.safeParse(await response.json());
    if (!parsed.success) return { kind: 'unreachable', why: 'what answers there is no engine' };
    return { kind: 'read', decisions: parsed.data.decisions };
  } catch (error) {
    return { kind: 'unreachable', why: wordsOf(error) };
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
