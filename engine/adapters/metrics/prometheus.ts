import { z } from 'zod';
import type { BuiltinMetric } from '../../../constructs/canary-spec.ts';
import type { RequestCounts } from '../../core/effect.ts';
import { formatDuration } from '../../core/duration.ts';
import type { Measurement } from '../../core/observation.ts';
import type { ApexSubject, MetricsSource, MetricSubject } from '../../ports/metrics-source.ts';
import { parseValue } from './exposition.ts';

/** Flagger's query timeout. */
const TIMEOUT_MS = 5_000;

const ANSWERED = (namespace: string, workload: string) =>
  `reporter="destination", destination_workload_namespace="${namespace}", destination_workload=~"${workload}"`;

/** The queries of Flagger's Istio observer, with its texts collapsed to single spaces. */
const QUERIES: Readonly<
  Record<BuiltinMetric, (subject: MetricSubject, interval: string) => string>
> = {
  'request-success-rate': ({ namespace, workload }, interval) => {
    const series = ANSWERED(namespace, workload);
    return (
      `sum( rate( istio_requests_total{ ${series}, response_code!~"5.*" }[${interval}] ) ) / ` +
      `sum( rate( istio_requests_total{ ${series} }[${interval}] ) ) * 100`
    );
  },
  'request-duration': ({ namespace, workload }, interval) =>
    `histogram_quantile( 0.99, sum( rate( istio_request_duration_milliseconds_bucket{ ` +
    `${ANSWERED(namespace, workload)} }[${interval}] ) ) by (le) )`,
};

/** How many requests the value rests on: what a commit says beside it. */
function sampleQuery({ namespace, workload }: MetricSubject, interval: string): string {
  const series = ANSWERED(namespace, workload);
  return `sum( increase( istio_requests_total{ ${series} }[${interval}] ) )`;
}

/**
 * Requests by the Service they were sent to, so that those to a canary without pods are counted.
 * Both ends of a connection report them.
 */
function sentQuery({ namespace, apex }: ApexSubject, windowMs: number): string {
  const series = `destination_service_namespace="${namespace}", destination_service_name=~"${apex}-(primary|canary)"`;
  const window = `${Math.max(1, Math.floor(windowMs / 1000))}s`;
  return `sum( increase( istio_requests_total{ ${series} }[${window}] ) ) by (destination_service_name, reporter)`;
}

/** @see https://prometheus.io/docs/prometheus/latest/querying/api/ */
const Answer = z.looseObject({
  status: z.enum(['success', 'error']),
  error: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  data: z
    .discriminatedUnion('resultType', [
      z.object({
        resultType: z.literal('vector'),
        result: z.array(
          z.looseObject({
            metric: z.record(z.string(), z.string()).default({}),
            value: z.tuple([z.number(), z.string()]).optional(),
          }),
        ),
      }),
      z.object({ resultType: z.literal('scalar'), result: z.unknown() }),
      z.object({ resultType: z.literal('matrix'), result: z.unknown() }),
      z.object({ resultType: z.literal('string'), result: z.unknown() }),
    ])
    .optional(),
});

type Answer = z.infer<typeof Answer>;

/**
 * Asks a Prometheus (or what speaks its query API). An empty vector, NaN or a warning is no value;
 * several series where one was asked for, and everything that is not an answer, is an error.
 */
export function createPrometheusSource(address: string): MetricsSource {
  return {
    async measure(subject, check, nowMs) {
      const interval = formatDuration(check.intervalMs);
      const [measured, counted] = await Promise.all([
        query(address, QUERIES[check.name](subject, interval), nowMs),
        query(address, sampleQuery(subject, interval), nowMs),
      ]);
      if (measured.kind !== 'value' || counted.kind !== 'value') return measured;
      return { ...measured, samples: counted.value };
    },
    async requests(apex, windowMs, endMs) {
      const answer = await ask(address, sentQuery(apex, windowMs), endMs);
      return answer.kind === 'answer' ? countsOf(answer.answer, apex) : unmeasured(answer.why);
    },
  };
}

async function query(address: string, text: string, nowMs: number): Promise<Measurement> {
  const asked = await ask(address, text, nowMs);
  return asked.kind === 'answer' ? valueOf(asked.answer) : asked;
}

type Asked =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'error'; readonly why: string };

async function ask(address: string, text: string, nowMs: number): Promise<Asked> {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/query`;
  // A pinned instant makes a repeated query give the same answer.
  const body = new URLSearchParams({ query: text, time: String(nowMs / 1000) });
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { method: 'POST', body, signal });
    return readAnswer(response.status, await response.text());
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { kind: 'error', why: cause instanceof Error ? cause.message : String(cause) };
  }
}

const BODY_SHOWN_MAX = 200;

function readAnswer(status: number, body: string): Asked {
  const parsed = Answer.safeParse(parseJson(body));
  if (!parsed.success) {
    return { kind: 'error', why: `HTTP ${status}: ${body.slice(0, BODY_SHOWN_MAX).trim()}` };
  }
  const answer = parsed.data;
  if (answer.status === 'error' || status >= 400) {
    return { kind: 'error', why: `HTTP ${status}: ${answer.error ?? 'no reason given'}` };
  }
  return { kind: 'answer', answer };
}

function valueOf({ data, warnings = [] }: Answer): Measurement {
  if (warnings.length > 0) return { kind: 'empty', why: `partial answer: ${warnings.join('; ')}` };
  if (data?.resultType !== 'vector') {
    return { kind: 'error', why: `the answer is a ${data?.resultType ?? 'nothing'}, not a vector` };
  }
  const [series, ...others] = data.result;
  if (series?.value === undefined) return { kind: 'empty', why: 'the query found no series' };
  if (others.length > 0) {
    return { kind: 'error', why: `the query found ${data.result.length} series instead of one` };
  }
  const value = parseValue(series.value[1]);
  if (Number.isNaN(value)) return { kind: 'empty', why: 'the query answered NaN' };
  return { kind: 'value', value };
}

/**
 * The proxy that chose the track reports as the source; its word counts alone where there is any,
 * so that no request is counted twice.
 */
function countsOf({ data, warnings = [] }: Answer, { apex }: ApexSubject): RequestCounts {
  if (warnings.length > 0) return unmeasured(`partial answer: ${warnings.join('; ')}`);
  if (data?.resultType !== 'vector') {
    return unmeasured(`the answer is a ${data?.resultType ?? 'nothing'}, not a vector`);
  }
  const sources = data.result.filter(({ metric }) => metric['reporter'] === 'source');
  const series = sources.length > 0 ? sources : data.result;
  const sum = (service: string) =>
    series
      .filter(({ metric }) => metric['destination_service_name'] === service)
      .reduce((total, { value }) => total + parseValue(value?.[1] ?? ''), 0);
  const [primary, canary] = [sum(`${apex}-primary`), sum(`${apex}-canary`)];
  if (!Number.isFinite(primary + canary)) return unmeasured('the query answered no finite number');
  return { state: 'counted', primary, canary };
}

function unmeasured(why: string): RequestCounts {
  return { state: 'unmeasured', why };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
