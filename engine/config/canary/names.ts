import { z } from 'zod';

/** Names as Kubernetes and the routing providers take them: what they refuse must not reach Git. */

/**
 * A map whose keys are names of some kind. They are looked at one by one, so that each mistake has
 * its place.
 */
export function mapOf<Value extends z.ZodType>(
  value: Value,
  isKey: (key: string) => boolean,
  rule: string,
) {
  return z.record(z.string(), value).superRefine((map, context) => {
    for (const key of Object.keys(map)) {
      if (isKey(key)) continue;
      context.addIssue({ code: 'custom', path: [key], message: `its key must be ${rule}` });
    }
  });
}

const NAME_PART = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
function isQualifiedName(text: string): boolean {
  const [name = '', prefix, ...more] = text.split('/').toReversed();
  const isPrefix = prefix === undefined || DNS_NAME.test(prefix);
  return more.length === 0 && isPrefix && NAME_PART.test(name);
}

const QUALIFIED_RULE = 'a name such as team or example.com/team';
export const QualifiedName = z.string().refine(isQualifiedName, `must be ${QUALIFIED_RULE}`);

export const DnsName = z.string().regex(DNS_NAME, 'must be a DNS name in lower case');

const LabelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
    'a label has at most 63 letters, digits, -, _ and .',
  );
export const Labels = mapOf(LabelValue, isQualifiedName, QUALIFIED_RULE);
export const Annotations = mapOf(z.string(), isQualifiedName, QUALIFIED_RULE);

/** @see https://www.rfc-editor.org/rfc/rfc6335#section-5.1 */
export const IanaServiceName = z
  .string()
  .regex(
    /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/,
    'a port name has at most 15 lower case letters, digits and single dashes',
  );

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
const TOKEN = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,256}$/;
export const isToken = (text: string) => TOKEN.test(text);

export const HeaderName = z.string().regex(TOKEN, 'must be the name of a header');

const HeaderValue = z
  .string()
  // oxlint-disable-next-line no-control-regex -- these are the ones that must not be there
  .regex(/^[^\u0000-\u0008\u000a-\u001f\u007f]*$/, 'must hold no control characters');
export const HeaderValues = mapOf(HeaderValue, isToken, 'the name of a header');

/** @see https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1 */
export const CookieName = z.string().regex(TOKEN, 'must be the name of a cookie');
