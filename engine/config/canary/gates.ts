import { z } from 'zod';
import { type Gate, GATES } from '../../../constructs/canary-spec.ts';

/**
 * Says on a Canary which of its gates people open, separated by commas. An annotation, because the
 * fields of a Canary are Flagger's, which ignores it.
 */
export const GATES_ANNOTATION = 'serin/gates';

export const GatesText = z.string().transform((text, context): readonly Gate[] => {
  const written = text.split(',').map((name) => name.trim());
  const unknown = written.filter((name) => !GATES.some((gate) => gate === name));
  if (unknown.length > 0) {
    const message = `${unknown.join(', ')} is no gate; the gates are ${GATES.join(', ')}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  return GATES.filter((gate) => written.includes(gate));
});
