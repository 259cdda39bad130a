import { type ServiceFormat, subjectOf } from './service.ts';

/**
 * Google Chat finds the thread of a run by a key of ours, so there is nothing to remember.
 * @see https://developers.google.com/workspace/chat/quickstart/webhooks#start_or_reply_to_a_message_thread
 */
export const gchat: ServiceFormat = {
  target(address) {
    const target = new URL(address);
    target.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD');
    return target;
  },
  body(alert) {
    const paragraphs = [
      emphasized(alert.message),
      ...alert.fields.map(({ name, value }) => `${escaped(name)}<br>${emphasized(value)}`),
    ];
    return {
      cards: [
        {
          header: {
            title: 'Flagger',
            subtitle: subjectOf(alert),
            imageUrl: 'https://flagger.app/favicon.png',
          },
          sections: paragraphs.map((text) => ({ widgets: [{ textParagraph: { text } }] })),
        },
      ],
      thread: { threadKey: alert.run },
    };
  },
};

function emphasized(text: string): string {
  return `<font color=#848484><strong>${escaped(text)}</strong></font>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
