import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { GATES } from '../../constructs/canary-spec.ts';
import { type Control, type ControlObservation, SAID_NOTHING } from '../core/control.ts';

/** A digest may look like a number: unquoted, YAML would have read one. */
const Revision = z.string({ error: 'a revision is text: write it in quotes' }).min(1);

const Approval = z.strictObject({
  gate: z.enum(GATES),
  revision: Revision,
  weight: z.exactOptional(z.number().int().min(1).max(100)),
});

const Attempt = z.strictObject({ revision: Revision, attempt: z.number().int().min(1) });

const ControlFile = z
  .strictObject({
    version: z.literal(1),
    pause: z.boolean().default(false),
    approve: z.array(Approval).max(100).default([]),
    abort: z.exactOptional(Attempt),
    retry: z.exactOptional(Attempt),
    promote: z.exactOptional(Attempt),
  })
  .transform(({ version: _, pause, approve, ...attempts }) => ({
    paused: pause,
    approvals: approve,
    ...attempts,
  }));

/**
 * `control.yaml`, written by people. Without one, nobody has said anything; one that cannot be read
 * is an answer, so that it holds up its own canary only.
 */
export function parseControl(text: string | undefined, path: string): ControlObservation {
  if (text === undefined) return SAID_NOTHING;
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return { state: 'damaged', path, why: String(error) };
  }
  const result = ControlFile.safeParse(document);
  return result.success
    ? { state: 'read', ...result.data }
    : { state: 'damaged', path, why: z.prettifyError(result.error) };
}

/** What the commands of people commit. */
export function formatControl({ paused, approvals, abort, retry, promote }: Control): string {
  return stringify({
    version: 1,
    pause: paused ? true : undefined,
    approve: approvals.length === 0 ? undefined : approvals,
    abort,
    retry,
    promote,
  });
}
