import { z } from 'zod';
import { endpoint } from './exchange.ts';
import { onlyOne } from './points.ts';
import { addressOf, type Ask, credential } from './question.ts';

/** @see https://docs.newrelic.com/docs/apis/insights-apis/query-insights-event-data-api/ */
const Answer = z.looseObject({
  results: z.array(z.looseObject({ result: z.number().nullable().optional() })).default([]),
});

const ADDRESS = 'https://insights-api.newrelic.com';

export const askNewRelic: Ask = async (question, exchange) => {
  const { query, intervalMs } = question;
  const account = encodeURIComponent(credential(question, 'newrelic_account_id'));
  const url = endpoint(addressOf(question, ADDRESS), `/v1/accounts/${account}/query`, {
    nrql: `${query} SINCE ${Math.max(1, Math.round(intervalMs / 1000))} seconds ago`,
  });
  const headers = { 'X-Query-Key': credential(question, 'newrelic_query_key') };
  const { results } = await exchange.json({ url, headers }, Answer);
  return onlyOne(results, 'results', ({ result }) =>
    typeof result === 'number'
      ? { kind: 'value', value: result }
      : { kind: 'empty', why: 'the result has no value' },
  );
};
