import { z } from 'zod';
import { type Gate, GATES } from '../../../constructs/canary-spec.ts';

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
