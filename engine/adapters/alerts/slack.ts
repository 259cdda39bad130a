import { z } from 'zod';
import type { ServiceFormat } from './service.ts';
import { SLACK_COLORS, slackPayload } from './slack-payload.ts';

/** An incoming webhook answers `ok` and nothing else; only the API names the message. */
const ApiAnswer = z.looseObject({
  ok: z.boolean(),
  ts: z.string().optional(),
  error: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .optional()
    .catch(undefined),
});

/**
 * With a bot token and the address of `chat.postMessage` the alerts of a run are one thread; what
 * needs people is shown in the channel as well.
 * @see https://docs.slack.dev/reference/methods/chat.postMessage
 */
export const slack: ServiceFormat = {
  body(alert, receiver, thread) {
    const payload = slackPayload(alert, receiver, SLACK_COLORS);
    if (thread === undefined) return payload;
    return { ...payload, thread_ts: thread, reply_broadcast: alert.severity !== 'info' };
  },
  read(answer) {
    const parsed = ApiAnswer.safeParse(answer);
    if (!parsed.success) return {};
    const { ok, ts, error } = parsed.data;
    if (!ok) return { refusal: error ?? 'no reason given' };
    return ts === undefined ? {} : { thread: ts };
  },
};
