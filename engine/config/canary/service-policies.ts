import { z } from 'zod';
import type { CorsPolicy, Retries } from '../../../constructs/canary-spec.ts';
import { defined, DurationText } from './fields.ts';
import { HeaderName } from './names.ts';
import { StringMatchFile } from './request-match.ts';

/** @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter */
const RETRY_CAUSES = new Set([
  '5xx',
  'cancelled',
  'connect-failure',
  'deadline-exceeded',
  'envoy-ratelimited',
  'gateway-error',
  'http3-post-connect-failure',
  'internal',
  'refused-stream',
  'reset',
  'reset-before-request',
  'resource-exhausted',
  'retriable-4xx',
  'retriable-headers',
  'retriable-status-codes',
  'unavailable',
]);

const RetryCauses = z
  .string()
  .refine(
    (text) => text.split(',').every((cause) => RETRY_CAUSES.has(cause) || isStatus(cause)),
    `must be a list, without spaces, of status codes and of ${[...RETRY_CAUSES].join(', ')}`,
  );

function isStatus(text: string): boolean {
  return /^[1-5]\d\d$/.test(text);
}

/** `spec.service.retries` */
export const RetriesFile = z
  .strictObject({
    attempts: z.number().int().min(0),
    perTryTimeout: z.exactOptional(DurationText),
    retryOn: z.exactOptional(RetryCauses),
  })
  .refine(
    ({ attempts, perTryTimeout, retryOn }) =>
      attempts > 0 || (perTryTimeout ?? retryOn) === undefined,
    'attempts is 0, which turns retries off, and says how to retry',
  );

export function resolveRetries({
  perTryTimeout,
  ...retries
}: z.infer<typeof RetriesFile>): Retries {
  return { ...retries, ...defined({ perTryTimeoutMs: perTryTimeout }) };
}

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  '*',
];

/** `spec.service.corsPolicy` */
export const CorsFile = z
  .strictObject({
    allowOrigin: z.exactOptional(z.array(z.string().min(1)).min(1)),
    allowOrigins: z.exactOptional(z.array(StringMatchFile).min(1)),
    allowMethods: z.exactOptional(z.array(z.enum(METHODS))),
    allowHeaders: z.exactOptional(z.array(HeaderName)),
    exposeHeaders: z.exactOptional(z.array(HeaderName)),
    maxAge: z.exactOptional(DurationText.refine((ms) => ms % 1_000 === 0, 'must be whole seconds')),
    allowCredentials: z.exactOptional(z.boolean()),
  })
  .refine(
    ({ allowOrigin, allowOrigins }) => allowOrigin === undefined || allowOrigins === undefined,
    'allowOrigin and allowOrigins are both written: keep the second',
  );

/** The old `allowOrigin` lists whole values. */
export function resolveCors(cors: z.infer<typeof CorsFile>): CorsPolicy {
  const { allowOrigin = [], allowOrigins, maxAge, ...rest } = cors;
  return {
    ...rest,
    allowOrigins: allowOrigins ?? allowOrigin.map((exact) => ({ exact })),
    ...defined({ maxAgeSeconds: maxAge && maxAge / 1_000 }),
  };
}
