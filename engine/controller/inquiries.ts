import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { Clock } from '../ports/clock.ts';

export interface Question<T> {
  readonly canary: CanaryKey;
  /** Another string whenever an older answer would be worth nothing. */
  readonly subject: string;
  /** An answer that is older is worth nothing either. */
  readonly freshMs: number;
  readonly ask: () => Promise<T>;
}

/** What has come of a question by now. */
export type Inquired<T> =
  { readonly kind: 'answered'; readonly answer: T } | { readonly kind: 'open' };

interface Inquiry<T> {
  readonly subject: string;
  readonly answer: Promise<T>;
  /** When there was an answer, be it an error. */
  answeredMs?: number;
  /** A pass has got the answer. */
  isGiven?: true;
  /** Nobody waits for the answer any more. */
  isLeft?: true;
}

/**
 * Questions about canaries that may outlast the pass that asks them, such as a webhook that hangs:
 * one canary's slow answer must not hold up another's rollback. Each is asked once; a later pass
 * gets the answer, as long as it still wants to know the same.
 */
export class Inquiries<T> {
  readonly #inquiries = new Map<CanaryKey, Inquiry<T>>();
  readonly #onLateAnswer: () => void;

  constructor(onLateAnswer: () => void) {
    this.#onLateAnswer = onLateAnswer;
  }

  /** Only the pass that asks waits, as long as its `patience` lasts; without any, all wait. */
  async ask(
    question: Question<T>,
    clock: Clock,
    patience: (() => Promise<void>) | undefined,
  ): Promise<Inquired<T>> {
    const known = this.#inquiries.get(question.canary);
    if (known !== undefined && isAbout(known, question, clock.nowMs())) {
      return known.answeredMs === undefined && patience !== undefined
        ? { kind: 'open' }
        : give(known);
    }
    const inquiry = this.#start(question, clock);
    if (patience === undefined) return give(inquiry);
    const isOver = () => true;
    const isInTime = await Promise.race([
      inquiry.answer.then(isOver, isOver),
      patience().then(() => false),
    ]);
    if (isInTime) return give(inquiry);
    inquiry.isLeft = true;
    return { kind: 'open' };
  }

  /** An answer that a pass has got is worth nothing to the next one; what is open stays open. */
  forgetGiven(): void {
    for (const [canary, { isGiven }] of this.#inquiries) {
      if (isGiven === true) this.#inquiries.delete(canary);
    }
  }

  #start({ canary, subject, ask }: Question<T>, clock: Clock): Inquiry<T> {
    const inquiry: Inquiry<T> = { subject, answer: ask() };
    const end = () => {
      inquiry.answeredMs = clock.nowMs();
      if (inquiry.isLeft === true) this.#onLateAnswer();
    };
    inquiry.answer.then(end, end);
    this.#inquiries.set(canary, inquiry);
    return inquiry;
  }
}

function isAbout<T>(inquiry: Inquiry<T>, { subject, freshMs }: Question<T>, nowMs: number) {
  const { answeredMs = nowMs } = inquiry;
  return inquiry.subject === subject && nowMs - answeredMs <= freshMs;
}

async function give<T>(inquiry: Inquiry<T>): Promise<Inquired<T>> {
  try {
    return { kind: 'answered', answer: await inquiry.answer };
  } finally {
    inquiry.isGiven = true;
  }
}
