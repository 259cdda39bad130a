import type { ServiceFormat } from './service.ts';
import { slackPayload } from './slack-payload.ts';

/** @see https://docs.rocket.chat/docs/integrations */
export const rocket: ServiceFormat = {
  body: (alert, receiver) => slackPayload(alert, receiver, { error: '#FF0000', other: '#0076D7' }),
};
