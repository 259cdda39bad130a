import { z } from 'zod';
import type { RequestCounts } from '../../core/effect.ts';
import { formatDuration } from '../../core/duration.ts';
import type { Measurement } from '../../core/observation.ts';
import type { ApexSubject, MetricSubject } from '../../ports/metrics-source.ts';
import { builtinQueries } from './builtin-queries.ts';
import { endpoint, Exchange, type Request, Unanswered } from './exchange.ts';
import { parseValue } from './exposition.ts';
import { addressOf, type Ask, basicAuthorization, credential } from './question.ts';
import type { OwnCheck, ServerSource } from './server-source.ts';

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

interface Connection {
  readonly address: string;
  readonly headers: NonNullable<Request['headers']>;
  readonly exchange: Exchange;
}

/**
 * Asks a Prometheus (or what speaks its query API). An empty vector, NaN or a warning is no value;
 * several series where one was asked for, and everything that is not an answer, is an error.
 */
export function createPrometheusSource(address: string): ServerSource {
  const connection = { address, headers: {}, exchange: new Exchange() };
  return {
    measure: (subject, check, nowMs) =>
      measured(() => measureOwn(connection, subject, check, nowMs)),
    async requests(apex, windowMs, endMs) {
      try {
        return countsOf(await ask(connection, sentQuery(apex, windowMs), endMs), apex);
      } catch (error) {
        return unmeasured(whyUnanswered(error));
      }
    },
  };
}

/** Asks the Prometheus of a MetricTemplate: by token, or by name and password. */
export const askPrometheus: Ask = async (question, exchange) => {
  const { provider, query, nowMs } = question;
  const headers = { ...provider.headers, ...authorization(question) };
  return valueOf(await ask({ address: addressOf(question), headers, exchange }, query, nowMs));
};

function authorization(question: Parameters<Ask>[0]): Connection['headers'] {
  if (question.provider.secret === undefined) return {};
  return Object.hasOwn(question.credentials, 'token')
    ? { authorization: `Bearer ${credential(question, 'token')}` }
    : { authorization: basicAuthorization(question) };
}

async function measureOwn(
  connection: Connection,
  subject: MetricSubject,
  check: OwnCheck,
  nowMs: number,
): Promise<Measurement> {
  if (check.kind === 'query') return valueOf(await ask(connection, check.query, nowMs));
  const interval = formatDuration(check.intervalMs);
  const { checks, samples } = builtinQueries(subject);
  const { text, scale } = checks[check.name];
  const [answer, counted] = await Promise.all([
    ask(connection, text(subject, interval), nowMs),
    measured(async () => valueOf(await ask(connection, samples(subject, interval), nowMs))),
  ]);
  const measurement = valueOf(answer);
  if (measurement.kind !== 'value') return measurement;
  const value = measurement.value * scale;
  return counted.kind === 'value'
    ? { kind: 'value', value, samples: counted.value }
    : { kind: 'value', value };
}

async function measured(measure: () => Promise<Measurement>): Promise<Measurement> {
  try {
    return await measure();
  } catch (error) {
    return { kind: 'error', why: whyUnanswered(error) };
  }
}

function whyUnanswered(error: unknown): string {
  if (error instanceof Unanswered) return error.message;
  throw error;
}

/** Servers and proxies that take no POST here. */
const NO_POST = [405, 501];

/** @throws Unanswered when there is no answer, and when it is an error. */
async function ask(
  { address, headers, exchange }: Connection,
  text: string,
  nowMs: number,
): Promise<Answer> {
  // A pinned instant makes a repeated query give the same answer.
  const parameters = { query: text, time: String(nowMs / 1000) };
  const body = new URLSearchParams(parameters).toString();
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  const url = endpoint(address, '/api/v1/query');
  const posted = await exchange.send({
    url,
    method: 'POST',
    headers: { ...headers, ...type },
    body,
  });
  const { status, text: answer } = NO_POST.includes(posted.status)
    ? await exchange.send({ url: endpoint(address, '/api/v1/query', parameters), headers })
    : posted;
  return readAnswer(status, answer, exchange);
}

function readAnswer(status: number, body: string, exchange: Exchange): Answer {
  const parsed = Answer.safeParse(parseJson(body));
  if (!parsed.success) throw new Unanswered(`HTTP ${status}: ${exchange.shown(body)}`);
  const answer = parsed.data;
  if (answer.status === 'error' || status >= 400) {
    throw new Unanswered(`HTTP ${status}: ${exchange.shown(answer.error ?? 'no reason given')}`);
  }
  return answer;
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
