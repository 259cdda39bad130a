import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import type { Measurement } from '../../core/observation.ts';
import { endpoint, Unanswered } from './exchange.ts';
import { newestValue, onlyOne, type Point } from './points.ts';
import { addressOf, type Ask, credential } from './question.ts';

/** @see https://dev.splunk.com/observability/reference/api/signalflow/latest */
const Control = z.looseObject({ event: z.string(), abortInfo: z.unknown().optional() });
const Data = z.looseObject({
  logicalTimestampMs: z.number(),
  data: z.array(z.looseObject({ tsId: z.string(), value: z.number().nullable() })),
});

/** Flagger's window. */
const INTERVALS = 10;

/** Runs a SignalFlow program over the past and reads what it streams. */
export const askSplunk: Ask = async (question, exchange) => {
  const { query, intervalMs, nowMs } = question;
  const stream = await exchange.text({
    url: endpoint(streamAddress(addressOf(question)), '/v2/signalflow/execute', {
      start: String(Math.round(nowMs - INTERVALS * intervalMs)),
      stop: String(Math.round(nowMs)),
      immediate: 'true',
    }),
    method: 'POST',
    headers: {
      'X-SF-Token': credential(question, 'sf_token_key'),
      'content-type': 'text/plain',
      accept: 'text/event-stream',
    },
    body: query,
    isComplete: (text) => /END_OF_CHANNEL|CHANNEL_ABORT/.test(text) && /\r?\n\r?\n$/.test(text),
  });
  const series = seriesOf(stream, (text) => exchange.shown(text));
  return onlyOne([...series.values()], 'series', (points): Measurement =>
    newestValue(points, { nowMs, intervalMs }),
  );
};

/** People write the address of the API or that of the stream, as Flagger lets them. */
function streamAddress(address: string): string {
  const url = new URL(address.replace(/^ws/, 'http'));
  url.hostname = url.hostname.replace(/^api\./, 'stream.');
  return url.href;
}

/** @throws Unanswered when the program failed, or when the stream broke off. */
function seriesOf(
  stream: string,
  shown: (text: string) => string,
): ReadonlyMap<string, readonly Point[]> {
  const series = new Map<string, Point[]>();
  let isOver = false;
  const parser = createParser({
    onEvent({ event, data: text }) {
      if (event === 'error') throw new Unanswered(`the program failed: ${shown(text)}`);
      if (event === 'control-message') {
        const control = Control.safeParse(parseJson(text)).data;
        if (control?.event === 'CHANNEL_ABORT') {
          throw new Unanswered(`the program was aborted: ${shown(text)}`);
        }
        isOver ||= control?.event === 'END_OF_CHANNEL';
      }
      if (event === 'data') addData(series, text);
    },
  });
  parser.feed(stream);
  if (!isOver) throw new Unanswered('the answer broke off');
  return series;
}

function addData(series: Map<string, Point[]>, text: string): void {
  const message = Data.safeParse(parseJson(text));
  if (!message.success) throw new Unanswered('the answer holds data that cannot be read');
  const { logicalTimestampMs: atMs, data } = message.data;
  for (const { tsId, value } of data) {
    if (value === null) continue;
    series.set(tsId, [...(series.get(tsId) ?? []), { atMs, value }]);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
