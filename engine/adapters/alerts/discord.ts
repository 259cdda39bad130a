import type { ServiceFormat } from './service.ts';
import { SLACK_COLORS, slackPayload } from './slack-payload.ts';

/**
 * Discord takes Slack's payload at an address of its own.
 * @see https://discord.com/developers/docs/resources/webhook#execute-slackcompatible-webhook
 */
export const discord: ServiceFormat = {
  target(address) {
    if (address.pathname.endsWith('/slack')) return address;
    const target = new URL(address);
    target.pathname = `${address.pathname.replace(/\/$/, '')}/slack`;
    return target;
  },
  body: (alert, receiver) => slackPayload(alert, receiver, SLACK_COLORS),
};
