import { type ServiceFormat, subjectOf } from './service.ts';

/** @see https://learn.microsoft.com/outlook/actionable-messages/message-card-reference */
export const msteams: ServiceFormat = {
  body: (alert) => ({
    '@type': 'MessageCard',
    '@context': 'http://schema.org/extensions',
    themeColor: alert.severity === 'error' ? 'FF0000' : '0076D7',
    summary: subjectOf(alert),
    sections: [
      {
        activityTitle: alert.message,
        activitySubtitle: subjectOf(alert),
        facts: alert.fields.map(({ name, value }) => ({ name, value })),
      },
    ],
  }),
};
