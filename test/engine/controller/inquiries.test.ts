import { describe, expect, it } from 'vitest';
import { Inquiries } from '../../../engine/controller/inquiries.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const CANARY = 'default/reviews';
const IMPATIENT = () => Promise.resolve();
const FRESH_MS = 60_000;

/** A question whose answer comes when the test says so. */
function aQuestion(subject = 'record-1') {
  const asked: PromiseWithResolvers<string>[] = [];
  const question = {
    canary: CANARY,
    subject,
    freshMs: FRESH_MS,
    ask: () => {
      const answer = Promise.withResolvers<string>();
      asked.push(answer);
      return answer.promise;
    },
  } as const;
  return { question, asked };
}

describe('a question about a canary', () => {
  it('is waited for as long as it takes where nobody is impatient', async () => {
    const { question, asked } = aQuestion();
    const inquired = new Inquiries<string>(() => {}).ask(question, new FakeClock(), undefined);
    asked[0]?.resolve('42');
    expect(await inquired).toEqual({ kind: 'answered', answer: '42' });
  });

  it('is left open when patience ends, and answered in a later pass without asking again', async () => {
    const { question, asked } = aQuestion();
    let news = 0;
    const inquiries = new Inquiries<string>(() => (news += 1));
    const clock = new FakeClock();
    const ask = () => inquiries.ask(question, clock, IMPATIENT);
    expect(await ask()).toEqual({ kind: 'open' });
    inquiries.forgetGiven();
    expect(await ask()).toEqual({ kind: 'open' });
    asked[0]?.resolve('42');
    await asked[0]?.promise;
    expect(news).toBe(1);
    inquiries.forgetGiven();
    expect(await ask()).toEqual({ kind: 'answered', answer: '42' });
    expect(await ask()).toEqual({ kind: 'answered', answer: '42' });
    expect(asked).toHaveLength(1);
  });

  it('is asked anew by the pass after the one that got the answer', async () => {
    const { question, asked } = aQuestion();
    const inquiries = new Inquiries<string>(() => {});
    const clock = new FakeClock();
    const first = inquiries.ask(question, clock, undefined);
    asked[0]?.resolve('42');
    await first;
    inquiries.forgetGiven();
    void inquiries.ask(question, clock, undefined);
    expect(asked).toHaveLength(2);
  });

  it.each([
    { name: 'about something else by now', subject: 'record-2', afterMs: 0 },
    { name: 'of which the answer has aged', subject: 'record-1', afterMs: FRESH_MS + 1 },
  ])('is asked anew if it is one $name', async ({ subject, afterMs }) => {
    const { question, asked } = aQuestion();
    const inquiries = new Inquiries<string>(() => {});
    const clock = new FakeClock();
    await inquiries.ask(question, clock, IMPATIENT);
    asked[0]?.resolve('42');
    await asked[0]?.promise;
    clock.advance(afterMs);
    expect(await inquiries.ask({ ...question, subject }, clock, IMPATIENT)).toEqual({
      kind: 'open',
    });
    expect(asked).toHaveLength(2);
  });

  it('that fails late is news as well, and the failure is for the pass that takes it', async () => {
    const { question, asked } = aQuestion();
    let news = 0;
    const inquiries = new Inquiries<string>(() => (news += 1));
    const clock = new FakeClock();
    await inquiries.ask(question, clock, IMPATIENT);
    asked[0]?.reject(new Error('broken'));
    await expect(inquiries.ask(question, clock, undefined)).rejects.toThrow('broken');
    expect(news).toBe(1);
  });
});
