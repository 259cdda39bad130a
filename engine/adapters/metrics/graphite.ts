import { z } from 'zod';
import { endpoint } from './exchange.ts';
import { newestValue, onlyOne } from './points.ts';
import { addressOf, type Ask, basicAuthorization } from './question.ts';

/** @see https://graphite.readthedocs.io/en/latest/render_api.html#json */
const Answer = z.array(
  z.looseObject({
    datapoints: z.array(
      z.tuple([z.union([z.number(), z.string().transform(Number), z.null()]), z.coerce.number()]),
    ),
  }),
);

/** The query is the query string of the render API: `target=…&from=-1min`. */
export const askGraphite: Ask = async (question, exchange) => {
  const { provider, query, intervalMs, nowMs } = question;
  const url = endpoint(addressOf(question), '/render');
  const parameters = new URLSearchParams(query.replaceAll(/\s+/g, ' '));
  parameters.set('format', 'json');
  url.search = parameters.toString();
  const headers =
    provider.secret === undefined ? {} : { authorization: basicAuthorization(question) };
  const targets = await exchange.json({ url, headers }, Answer);
  return onlyOne(targets, 'targets', ({ datapoints }) =>
    newestValue(
      datapoints.map(([value, atSeconds]) => ({ atMs: atSeconds * 1000, value })),
      { nowMs, intervalMs },
    ),
  );
};
