import { describe, expect, it } from 'vitest';
import { Outbox, type SendOutcome } from '../../../engine/controller/outbox.ts';

const SENT: SendOutcome = { kind: 'sent' };

/** A receiver that answers when the test says so. */
function aReceiver() {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const send = (message: string) => () => {
    asked.push(message);
    return new Promise<SendOutcome>((resolve) => answers.push(() => resolve(SENT)));
  };
  const answer = async () => {
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { asked, send, answer };
}

describe('messages to one receiver', () => {
  it('are sent one after the other, in order', async () => {
    const { asked, send, answer } = aReceiver();
    const outbox = new Outbox();
    for (const message of ['a', 'b', 'c']) outbox.post('chat', send(message));
    expect([asked, outbox.length]).toEqual([['a'], 3]);
    await answer();
    expect([asked, outbox.length]).toEqual([['a', 'b'], 2]);
    await answer();
    await answer();
    expect([asked, outbox.length]).toEqual([['a', 'b', 'c'], 0]);
  });

  it('go on after one that could not be sent', async () => {
    const outbox = new Outbox();
    const sent: string[] = [];
    outbox.post('chat', () => Promise.resolve({ kind: 'failed', why: 'away' }));
    outbox.post('chat', () => {
      sent.push('second');
      return Promise.resolve(SENT);
    });
    await outbox.settled();
    expect(sent).toEqual(['second']);
  });

  it('are refused when a hundred are waiting', () => {
    const { send } = aReceiver();
    const outbox = new Outbox();
    const posted = Array.from({ length: 150 }, (_, at) => outbox.post('chat', send(String(at))));
    expect(posted.filter(Boolean)).toHaveLength(101);
    expect(outbox.post('another', send('x'))).toBe(true);
  });
});

describe('messages to several receivers', () => {
  it('do not wait for each other', async () => {
    const slow = aReceiver();
    const outbox = new Outbox();
    outbox.post('slow', slow.send('a'));
    const sent: string[] = [];
    outbox.post('fast', () => {
      sent.push('b');
      return Promise.resolve(SENT);
    });
    await slow.answer();
    expect(sent).toEqual(['b']);
  });

  it('are sent sixteen at a time, and one with many messages lets the others pass', async () => {
    const { asked, send, answer } = aReceiver();
    const outbox = new Outbox();
    for (let lane = 0; lane < 16; lane += 1) {
      for (const round of ['first', 'second', 'third']) {
        outbox.post(`lane ${lane}`, send(`${round} ${lane}`));
      }
    }
    outbox.post('late', send('late'));
    expect(asked).toHaveLength(16);
    while (outbox.length > 0) await answer();
    const firstThird = asked.findIndex((message) => message.startsWith('third'));
    expect(asked.indexOf('late')).toBeLessThan(firstThird);
  });
});

it('an outbox is settled at once when it is empty', async () => {
  await expect(new Outbox().settled()).resolves.toBeUndefined();
});
