import { RE2JS } from 're2js';
import { z } from 'zod';
import type { AnalysisMatch, StringMatch } from '../../../constructs/canary-spec.ts';
import { DnsLabel, Port } from './fields.ts';
import { isToken, Labels, mapOf } from './names.ts';

/** Conditions on requests, as Istio writes them. */

const REGEX_LENGTH_MAX = 1_024;

/**
 * An expression in the syntax that proxies read. A proxy refuses a route with a broken one, keeps
 * its previous routes, and the object shows nothing of it.
 * @see https://github.com/google/re2/wiki/Syntax
 */
const Regex = z
  .string()
  .min(1)
  .max(REGEX_LENGTH_MAX)
  .superRefine((text, context) => {
    try {
      RE2JS.compile(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message: `is no expression of RE2: ${why}` });
    }
  });

/** Exactly one of the four; an empty prefix or suffix would be met by everything. */
export const StringMatchFile = z
  .strictObject({
    exact: z.string().optional(),
    prefix: z.string().min(1).optional(),
    suffix: z.string().min(1).optional(),
    regex: Regex.optional(),
  })
  .transform((written, context): StringMatch => {
    const [kind, ...others] = Object.entries(written).filter(([, value]) => value !== undefined);
    if (kind !== undefined && others.length === 0) {
      return Object.fromEntries([kind]) as unknown as StringMatch;
    }
    context.addIssue({
      code: 'custom',
      message: 'it must have exactly one of exact, prefix, suffix and regex',
    });
    return z.NEVER;
  });

/** A header, a pseudo header such as `:method`, or a claim of a token (Istio). */
const isHeader = (name: string) => isToken(name.replace(/^(:|@request\.auth\.)/, ''));
const isParameter = (name: string) => name.length > 0;

const Headers = mapOf(StringMatchFile, isHeader, 'the name of a header');
const QueryParams = mapOf(StringMatchFile, isParameter, 'the name of a parameter');

/** `mesh`, or a Gateway by name, or by `namespace/name`. */
export const GatewayName = z
  .string()
  .regex(
    /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'must be mesh, or a Gateway as namespace/name',
  );

/**
 * An entry of `spec.service.match`.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest
 */
export const RequestMatchFile = z.strictObject({
  name: z.exactOptional(z.string().min(1)),
  uri: z.exactOptional(StringMatchFile),
  ignoreUriCase: z.exactOptional(z.boolean()),
  scheme: z.exactOptional(StringMatchFile),
  method: z.exactOptional(StringMatchFile),
  authority: z.exactOptional(StringMatchFile),
  port: z.exactOptional(Port),
  headers: z.exactOptional(Headers),
  withoutHeaders: z.exactOptional(Headers),
  queryParams: z.exactOptional(QueryParams),
  sourceLabels: z.exactOptional(Labels),
  sourceNamespace: z.exactOptional(DnsLabel),
  gateways: z.exactOptional(z.array(GatewayName).min(1)),
});

/**
 * An entry of `spec.analysis.match`. Flagger keeps these three and forgets the rest, which would let
 * more requests meet the canary than were meant.
 */
export const AnalysisMatchFile = z
  .strictObject({
    headers: Headers.optional(),
    queryParams: QueryParams.optional(),
    sourceLabels: Labels.optional(),
  })
  .transform(({ headers = {}, queryParams = {}, sourceLabels = {} }): AnalysisMatch => ({
    headers,
    queryParams,
    sourceLabels,
  }));
