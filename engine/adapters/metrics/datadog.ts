import { z } from 'zod';
import { endpoint } from './exchange.ts';
import { newestValue, onlyOne } from './points.ts';
import { addressOf, type Ask, credential } from './question.ts';

/** @see https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points */
const Answer = z.looseObject({
  error: z.string().optional(),
  series: z
    .array(
      z.looseObject({
        pointlist: z.array(z.tuple([z.number(), z.number().nullable()])).default([]),
        /** Seconds from point to point. */
        interval: z.number().optional(),
      }),
    )
    .default([]),
});

const ADDRESS = 'https://api.datadoghq.com';
/** Flagger's window: Datadog makes its buckets smaller the shorter it is. */
const INTERVALS = 10;

export const askDatadog: Ask = async (question, exchange) => {
  const { query, intervalMs, nowMs } = question;
  const toSeconds = Math.floor(nowMs / 1000);
  const url = endpoint(addressOf(question, ADDRESS), '/api/v1/query', {
    query,
    from: String(toSeconds - Math.round((INTERVALS * intervalMs) / 1000)),
    to: String(toSeconds),
  });
  const headers = {
    'DD-API-KEY': credential(question, 'datadog_api_key'),
    'DD-APPLICATION-KEY': credential(question, 'datadog_application_key'),
  };
  const { error, series } = await exchange.json({ url, headers }, Answer);
  if (error !== undefined && error !== '') return { kind: 'error', why: exchange.shown(error) };
  return onlyOne(series, 'series', ({ pointlist, interval = 0 }) =>
    newestValue(
      pointlist.map(([atMs, value]) => ({ atMs, value })),
      { nowMs, intervalMs, bucketMs: interval * 1000 },
    ),
  );
};
