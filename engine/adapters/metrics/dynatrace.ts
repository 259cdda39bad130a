import { z } from 'zod';
import { endpoint } from './exchange.ts';
import { INTERVALS_BACK_MAX, onlyOne } from './points.ts';
import { addressOf, type Ask, credential } from './question.ts';

/** @see https://docs.dynatrace.com/docs/dynatrace-api/environment-api/metric-v2/get-data-points */
const Answer = z.looseObject({
  result: z
    .array(
      z.looseObject({
        data: z.array(z.looseObject({ values: z.array(z.number().nullable()).default([]) })),
      }),
    )
    .default([]),
});

/**
 * One value over the whole window, so the window is short: Flagger's of ten intervals would judge
 * a step by the steps before it.
 */
export const askDynatrace: Ask = async (question, exchange) => {
  const { query, intervalMs, nowMs } = question;
  const url = endpoint(addressOf(question), '/api/v2/metrics/query', {
    metricSelector: query,
    resolution: 'Inf',
    from: String(Math.round(nowMs - INTERVALS_BACK_MAX * intervalMs)),
    to: String(Math.round(nowMs)),
  });
  const headers = { authorization: `Api-Token ${credential(question, 'dynatrace_token')}` };
  const { result } = await exchange.json({ url, headers }, Answer);
  return onlyOne(
    result.flatMap(({ data }) => data),
    'series',
    ({ values }) =>
      onlyOne(values, 'values', (value) =>
        value === null
          ? { kind: 'empty', why: 'the series has no value' }
          : { kind: 'value', value },
      ),
  );
};
