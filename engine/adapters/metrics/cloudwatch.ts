import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { z } from 'zod';
import type { Measurement } from '../../core/observation.ts';
import { type Exchange, Unanswered } from './exchange.ts';
import { newestValue, onlyOne } from './points.ts';
import { type Ask, type Question } from './question.ts';

/**
 * A query is a list of MetricDataQuery, as JSON.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
 */
const Query = z.array(
  z.looseObject({
    Id: z.string(),
    Period: z.number().optional(),
    MetricStat: z.looseObject({ Period: z.number() }).optional(),
  }),
);

type Query = z.infer<typeof Query>;

/** Flagger's window, points and tries. */
const INTERVALS = 10;
const POINTS_MAX = 20;
const TRIES = 4;
const TIMEOUT_MS = 5_000;

/** Asks with the credentials of the process: of its environment, its pod, or its machine. */
export const askCloudwatch: Ask = async (question, exchange) => {
  const query = queryOf(question);
  const results = await resultsOf(question, query, exchange);
  return onlyOne(results, 'results', ({ id, values, timestamps, statusCode }): Measurement => {
    if (statusCode !== 'Complete') return { kind: 'empty', why: `the result is ${statusCode}` };
    const asked = query.find((each) => each.Id === id);
    const periodSeconds = asked?.Period ?? asked?.MetricStat?.Period ?? 0;
    const points = values.map((value, index) => ({ atMs: timestamps[index] ?? 0, value }));
    const { nowMs, intervalMs } = question;
    return newestValue(points, { nowMs, intervalMs, bucketMs: periodSeconds * 1000 });
  });
};

function queryOf({ query }: Question): Query {
  try {
    return Query.parse(JSON.parse(query));
  } catch {
    throw new Unanswered('the query is not a JSON list of MetricDataQuery');
  }
}

interface Result {
  readonly id: string | undefined;
  readonly values: readonly number[];
  readonly timestamps: readonly number[];
  readonly statusCode: string;
}

/** AWS's client is loaded only where it is used. */
async function resultsOf(
  { provider, nowMs, intervalMs }: Question,
  query: Query,
  exchange: Exchange,
): Promise<readonly Result[]> {
  const { CloudWatchClient, GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
  const { address, region = '' } = provider;
  const client = new CloudWatchClient({
    region,
    maxAttempts: TRIES,
    ...(address === undefined ? {} : { endpoint: address }),
  });
  try {
    const command = new GetMetricDataCommand({
      MetricDataQueries: query as MetricDataQuery[],
      StartTime: new Date(nowMs - INTERVALS * intervalMs),
      EndTime: new Date(nowMs),
      MaxDatapoints: POINTS_MAX,
    });
    const abortSignal = AbortSignal.timeout(TIMEOUT_MS);
    const { MetricDataResults: results = [] } = await client.send(command, { abortSignal });
    return results.map(({ Id: id, Values, Timestamps, StatusCode = 'unknown' }) => ({
      id,
      values: Values ?? [],
      timestamps: (Timestamps ?? []).map((time) => time.getTime()),
      statusCode: StatusCode,
    }));
  } catch (error) {
    throw new Unanswered(exchange.shown(error instanceof Error ? error.message : String(error)));
  } finally {
    client.destroy();
  }
}
