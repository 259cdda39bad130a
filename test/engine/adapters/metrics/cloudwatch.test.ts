import { beforeEach, describe, expect, it, vi } from 'vitest';
import { T0_MS } from '../../../support/builders.ts';
import { askTemplate, json } from './template-question.ts';

const QUERY = JSON.stringify([
  {
    Id: 'e1',
    MetricStat: {
      Metric: { Namespace: 'AWS/ApplicationELB', MetricName: 'HTTPCode_Target_5XX_Count' },
      Period: 60,
      Stat: 'Sum',
    },
  },
]);

const result = (
  values: readonly (readonly [ageSeconds: number, value: number])[],
  StatusCode = 'Complete',
) => ({
  Id: 'e1',
  StatusCode,
  Timestamps: values.map(([ageSeconds]) => T0_MS / 1000 - ageSeconds),
  Values: values.map(([, value]) => value),
});
const ask = (answer: unknown, query = QUERY) =>
  askTemplate({
    type: 'cloudwatch',
    query,
    answer: json(answer),
    provider: { region: 'eu-west-1' },
  });

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'aws-secret-1');
  return () => vi.unstubAllEnvs();
});

describe('CloudWatch', () => {
  it('is asked over Flagger’s window, signed with the credentials of the process', async () => {
    const { request } = await ask({ MetricDataResults: [] });
    expect(request?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIATEST\/\d+\/eu-west-1\/monitoring\/aws4_request/,
    );
    expect(request?.body).not.toContain('aws-secret-1');
    expect(JSON.stringify(request)).toContain('HTTPCode_Target_5XX_Count');
  });

  it('gives the newest value whose period is over', async () => {
    const values = [
      [0, 9],
      [60, 2],
      [120, 1],
    ] as const;
    const { measurement } = await ask({ MetricDataResults: [result(values)] });
    expect(measurement).toEqual({ kind: 'value', value: 2 });
  });

  it.each([
    ['no result', { MetricDataResults: [] }, 'empty', /no results/],
    ['a result without values', { MetricDataResults: [result([])] }, 'empty', /no values/],
    ['an old value', { MetricDataResults: [result([[600, 1]])] }, 'empty', /540 s old/],
    [
      'a partial result',
      { MetricDataResults: [result([[60, 1]], 'PartialData')] },
      'empty',
      /PartialData/,
    ],
    [
      'several results',
      { MetricDataResults: [result([[60, 1]]), result([[60, 2]])] },
      'error',
      /2 results/,
    ],
  ])('that answers with %s has given no value', async (_, answer, kind, why) => {
    expect((await ask(answer)).measurement).toEqual({ kind, why: expect.stringMatching(why) });
  });

  it('that refuses says why', async () => {
    const { measurement } = await askTemplate({
      type: 'cloudwatch',
      query: QUERY,
      answer: {
        status: 403,
        headers: { 'content-type': 'application/json' },
        body: '{"__type":"AccessDenied","message":"not authorized to perform GetMetricData"}',
      },
      provider: { region: 'eu-west-1' },
    });
    expect(measurement).toEqual({
      kind: 'error',
      why: expect.stringContaining('not authorized to perform GetMetricData'),
    });
  });

  it.each(['not json', '{}', '[{}]'])('is not asked with the query %s', async (query) => {
    const { measurement, requests } = await ask({}, query);
    expect(measurement).toMatchObject({ kind: 'error' });
    expect(requests).toEqual([]);
  });
});
