import { z } from 'zod';
import type { Measurement } from '../../core/observation.ts';
import type { ExternalMetricQuery, ExternalMetrics } from '../../ports/external-metrics.ts';
import { endpoint, type Exchange, Unanswered } from './exchange.ts';
import { onlyOne } from './points.ts';
import { addressOf, type Ask, credential } from './question.ts';

/** @see https://github.com/kubernetes/metrics/blob/master/pkg/apis/external_metrics/v1beta1/types.go */
const Answer = z.looseObject({
  items: z.array(z.looseObject({ value: z.union([z.string(), z.number()]) })).default([]),
});

/** Asks the external metrics API; the query is `[namespace/]metric[?labelSelector=…]`. */
export const askExternalMetrics: Ask = async (question, exchange) => {
  const { namespace, metric, labelSelector } = parseQuery(question.query, exchange);
  const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${encodeURIComponent(metric)}`;
  const url = endpoint(addressOf(question), path, labelSelector === '' ? {} : { labelSelector });
  const headers: Readonly<Record<string, string>> =
    question.provider.secret === undefined
      ? {}
      : { authorization: `Bearer ${credential(question, 'token')}` };
  return valueOf(await exchange.json({ url, headers }, Answer), exchange);
};

/** Without an address it is the cluster that is asked, with the engine's own rights. */
export function askOwnCluster(cluster: ExternalMetrics | undefined): Ask {
  return async ({ query }, exchange) => {
    if (cluster === undefined) throw new Unanswered('there is no cluster to ask');
    const outcome = await cluster.list(parseQuery(query, exchange));
    if (outcome.kind === 'unread') throw new Unanswered(outcome.why);
    const answer = Answer.safeParse(outcome.list);
    if (answer.success) return valueOf(answer.data, exchange);
    throw new Unanswered('the answer is not what the API promises');
  };
}

function valueOf({ items }: z.infer<typeof Answer>, exchange: Exchange): Measurement {
  return onlyOne(items, 'metrics', ({ value: text }) => {
    const value = quantityOf(String(text));
    return value === undefined
      ? { kind: 'error', why: `${exchange.shown(String(text))} is not a quantity` }
      : { kind: 'value', value };
  });
}

const QUERY = /^(?:([a-z0-9-]*)\/)?([^/?\s]+)(?:\?(\S*))?$/;

function parseQuery(query: string, exchange: Exchange): ExternalMetricQuery {
  const match = QUERY.exec(query);
  if (match === null) {
    throw new Unanswered(
      `${exchange.shown(query)} is not [namespace/]metric[?labelSelector=selector]`,
    );
  }
  const [, namespace = '', metric = '', parameters = ''] = match;
  return {
    namespace: namespace === '' ? 'default' : namespace,
    metric,
    labelSelector: new URLSearchParams(parameters).get('labelSelector') ?? '',
  };
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

function quantityOf(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]?|[KMGTPE]i)$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (FACTORS[match[2] ?? ''] ?? Number.NaN);
}
