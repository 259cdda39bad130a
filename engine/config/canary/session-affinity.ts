import { z } from 'zod';
import type { SessionAffinity } from '../../../constructs/canary-spec.ts';
import { CookieName } from './names.ts';

const AttributeText = z
  .string()
  .regex(/^[\u0021-\u003a\u003c-\u007e]+$/, 'must hold no ; and no space');

/** `spec.analysis.sessionAffinity` */
export const SessionAffinityFile = z
  .strictObject({
    cookieName: CookieName,
    primaryCookieName: z.exactOptional(CookieName),
    maxAge: z.number().int().min(1).optional(),
    domain: z.exactOptional(AttributeText),
    path: z.exactOptional(AttributeText.startsWith('/')),
    sameSite: z.exactOptional(z.enum(['Strict', 'Lax', 'None'])),
    httpOnly: z.boolean().optional(),
    secure: z.boolean().optional(),
    partitioned: z.boolean().optional(),
  })
  .superRefine(({ sameSite, partitioned, secure }, context) => {
    if (secure === true || (sameSite !== 'None' && partitioned !== true)) return;
    const name = partitioned === true ? 'partitioned' : 'sameSite';
    const message = 'browsers drop such a cookie unless secure is true';
    context.addIssue({ code: 'custom', path: [name], message });
  });

const DEFAULT_MAX_AGE_SECONDS = 86_400;

export function resolveSessionAffinity({
  maxAge = DEFAULT_MAX_AGE_SECONDS,
  httpOnly = false,
  secure = false,
  partitioned = false,
  ...rest
}: z.infer<typeof SessionAffinityFile>): SessionAffinity {
  return { ...rest, maxAgeSeconds: maxAge, httpOnly, secure, partitioned };
}
