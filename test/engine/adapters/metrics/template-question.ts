import type { MetricProvider, MetricProviderType } from '../../../../constructs/canary-spec.ts';
import { createMetricsSource } from '../../../../engine/adapters/metrics/metrics-source.ts';
import type { ServerSource } from '../../../../engine/adapters/metrics/server-source.ts';
import type { ExternalMetrics } from '../../../../engine/ports/external-metrics.ts';
import type { SecretValues } from '../../../../engine/ports/secret-reader.ts';
import { MINUTE_MS, T0_MS } from '../../../support/builders.ts';
import { startHttpStub, type StubAnswer, type StubRequest } from '../../../support/http-stub.ts';

export const SUBJECT = {
  namespace: 'shop',
  workload: 'cart',
  kind: 'Deployment',
  provider: 'istio',
} as const;

/** The engine's own server, which no template is for. */
export const NOBODY: ServerSource = {
  measure: () => Promise.reject(new Error('asked')),
  requests: () => Promise.reject(new Error('asked')),
};

export interface TemplateQuestion {
  readonly type: MetricProviderType;
  readonly query: string;
  readonly answer: StubAnswer | ((request: StubRequest) => StubAnswer);
  readonly credentials?: SecretValues;
  readonly provider?: Partial<Omit<MetricProvider, 'address'>> & {
    readonly address?: string | undefined;
  };
  readonly externalMetrics?: ExternalMetrics;
  readonly intervalMs?: number;
}

/** Asks a real server on loopback what a MetricTemplate asks, at T0. */
export async function askTemplate(question: TemplateQuestion) {
  const { query, answer, credentials, intervalMs = MINUTE_MS, externalMetrics } = question;
  const stub = await startHttpStub((request) =>
    typeof answer === 'function' ? answer(request) : answer,
  );
  const source = createMetricsSource({ own: NOBODY, resolve: (url) => url, externalMetrics });
  const measurement = await source.measure(
    SUBJECT,
    {
      kind: 'template',
      name: 'custom',
      intervalMs,
      range: {},
      template: { namespace: 'shop', name: 'custom' },
      provider: providerOf(question, stub.url),
      query,
    },
    T0_MS,
    credentials ?? {},
  );
  const [request] = stub.requests;
  return { measurement, request, requests: stub.requests, url: stub.url };
}

export const json = (value: unknown): StubAnswer => ({ body: JSON.stringify(value) });

function providerOf({ type, credentials, provider }: TemplateQuestion, url: string) {
  const { address, ...rest } = { address: url, ...provider };
  return {
    type,
    headers: {},
    insecureSkipVerify: false,
    ...(credentials === undefined ? {} : { secret: { namespace: 'shop', name: 'keys' } }),
    ...(address === undefined ? {} : { address }),
    ...rest,
  };
}

/** The parameters of a request's address. */
export function parametersOf(request: StubRequest | undefined): Record<string, string> {
  return Object.fromEntries(new URL(request?.path ?? '/', 'http://localhost').searchParams);
}
