import type { AlertReceiver } from '../../../constructs/canary-spec.ts';
import type { Alert } from '../../ports/notifier.ts';
import { subjectOf } from './service.ts';

/** Colours of the bar beside a message. */
export interface SlackColors {
  readonly error: string;
  readonly other: string;
}

export const SLACK_COLORS: SlackColors = { error: 'danger', other: 'good' };

/** @see https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments */
export function slackPayload(
  alert: Alert,
  { channel, username }: AlertReceiver,
  colors: SlackColors,
): object {
  return {
    channel,
    username,
    icon_url: '',
    icon_emoji: ':rocket:',
    attachments: [
      {
        color: alert.severity === 'error' ? colors.error : colors.other,
        author_name: subjectOf(alert),
        text: alert.message,
        mrkdwn_in: ['text'],
        fields: alert.fields.map(({ name, value }) => ({ title: name, value, short: false })),
      },
    ],
  };
}
