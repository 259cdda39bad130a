import { describe, expect, it } from 'vitest';
import { T0_MS } from '../../../support/builders.ts';
import { askTemplate, parametersOf } from './template-question.ts';

const event = (name: string, data: unknown) =>
  `event: ${name}\ndata: ${JSON.stringify(data, undefined, 2).replaceAll('\n', '\ndata: ')}\n\n`;
const START = event('control-message', { event: 'STREAM_START', timestampMs: T0_MS });
const END = event('control-message', { event: 'END_OF_CHANNEL', timestampMs: T0_MS });
const data = (ageSeconds: number, ...values: readonly (readonly [string, number | null])[]) =>
  event('data', {
    logicalTimestampMs: T0_MS - ageSeconds * 1000,
    data: values.map(([tsId, value]) => ({ tsId, value })),
  });
const ask = (body: string) =>
  askTemplate({
    type: 'splunk',
    query: 'data("demo").mean().publish()',
    answer: { body },
    credentials: { sf_token_key: 'sf-token-1' },
  });

describe('Splunk', () => {
  it('runs the program over Flagger’s window', async () => {
    const { request } = await ask(START + END);
    expect(request).toMatchObject({ method: 'POST', body: 'data("demo").mean().publish()' });
    expect(request?.path).toMatch(/^\/v2\/signalflow\/execute\?/);
    expect(parametersOf(request)).toEqual({
      start: String(T0_MS - 600_000),
      stop: String(T0_MS),
      immediate: 'true',
    });
    expect(request?.headers).toMatchObject({ 'x-sf-token': 'sf-token-1' });
  });

  it('gives the newest value that there is', async () => {
    const { measurement } = await ask(
      START + data(60, ['A', 1]) + data(30, ['A', 2]) + data(0, ['A', null]) + END,
    );
    expect(measurement).toEqual({ kind: 'value', value: 2 });
  });

  it.each([
    ['no data', START + END, 'empty', /no series/],
    ['nothing but nulls', START + data(0, ['A', null]) + END, 'empty', /no series/],
    ['an old value', START + data(500, ['A', 1]) + END, 'empty', /500 s old/],
    ['several series', START + data(0, ['A', 1], ['B', 2]) + END, 'error', /2 series/],
    ['an answer that breaks off', START + data(0, ['A', 1]), 'error', /broke off/],
    [
      'a program that fails',
      START + event('error', { errors: [{ code: 'ANALYTICS_PROGRAM_NAME_ERROR' }] }),
      'error',
      /failed: .*NAME_ERROR/s,
    ],
    [
      'a program that is aborted',
      START + event('control-message', { event: 'CHANNEL_ABORT', abortInfo: { sf_job: 'x' } }),
      'error',
      /aborted/,
    ],
    ['data of another shape', START + event('data', { data: 5 }) + END, 'error', /cannot be read/],
  ])('that answers with %s has given no value', async (_, body, kind, why) => {
    expect((await ask(body)).measurement).toEqual({ kind, why: expect.stringMatching(why) });
  });
});
