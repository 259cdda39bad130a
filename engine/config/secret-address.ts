import { z } from 'zod';

const WITHHELD = 'withheld';

/**
 * An address that may let anybody write to a channel who knows it: what is wrong with it is said
 * without quoting it.
 */
export const SecretAddress = z
  .custom<string>((value) => typeof value === 'string' && isHttpAddress(value), {
    error: 'is not a whole http or https address',
    params: { code: WITHHELD },
  })
  .refine((address) => !holdsPassword(address), {
    error: 'holds a user or a password; a token beside the address is sent in a header',
    params: { code: WITHHELD },
  });

/** A proxy may want a password in its address. */
export const ProxyAddress = z.custom<string>(
  (value) => typeof value === 'string' && isHttpAddress(value),
  { error: 'is not a whole http or https address', params: { code: WITHHELD } },
);

/** For rules about fields whose values must not be quoted. */
export function withheld(error: string, path: string) {
  return { error, path: [path], params: { code: WITHHELD } };
}

/** The issue's message continues the name of the field, and the field's value is not to be shown. */
export function isWithheld(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'custom' && issue.params?.['code'] === WITHHELD;
}

function isHttpAddress(written: string): boolean {
  return URL.canParse(written) && /^https?:$/.test(new URL(written).protocol);
}

function holdsPassword(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username, password } = new URL(address);
  return username !== '' || password !== '';
}
