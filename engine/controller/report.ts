import { formatInstant } from '../core/instant.ts';
import type { Logger } from '../ports/logger.ts';
import type { PassResult, ReconcileResult } from './result.ts';

/**
 * Logs how canaries fare, each change once: a canary that waits for the same thing pass after pass
 * is one line, and so is a problem that nobody has mended yet.
 */
export function createReporter(logger: Logger): (result: PassResult) => void {
  let said = new Map<string, string>();
  return ({ canaries, problems, trouble }) => {
    const news = new Map<string, string>();
    const say = (about: string, text: string, log: () => void) => {
      news.set(about, text);
      if (said.get(about) !== text) log();
    };
    if (trouble !== undefined) {
      say('pass', trouble.why, () => logger.warn('a pass did not go through', { ...trouble }));
    }
    for (const { canary, result } of canaries) {
      say(canary, textOf(result), () => logResult(logger, canary, result));
    }
    for (const { code, message, remedy, location, canary } of problems) {
      const { file, line, field } = location ?? {};
      const fields = { code, problem: message, remedy, canary, file, line, field };
      say(`${file}:${line}:${code}:${field}`, message, () =>
        logger.warn('the source has a problem', fields),
      );
    }
    said = news;
  };
}

/** What is not live is one line however often its numbers change. */
function textOf(result: ReconcileResult): string {
  if (result.kind === 'waiting' && result.notLive !== undefined) {
    return `not live since ${result.notLive.sinceMs}`;
  }
  return `${result.kind} ${result.kind === 'committed' ? result.subjects.join() : result.why}`;
}

/** A decision is logged where it is pushed. */
function logResult(logger: Logger, canary: string, result: ReconcileResult): void {
  switch (result.kind) {
    case 'committed':
      return;
    case 'done':
      return logger.info('a canary is at rest', { canary, why: result.why });
    case 'waiting':
      if (result.notLive !== undefined) {
        const { reason, sinceMs } = result.notLive;
        const since = formatInstant(sinceMs);
        return logger.warn('a canary is not live', { canary, why: reason, since });
      }
      return logger.info('a canary is waiting', { canary, why: result.why });
    case 'retry':
      return logger.warn('a canary will be tried again', { canary, why: result.why });
    case 'blocked':
      return logger.warn('a canary needs a person', {
        canary,
        why: result.why,
        remedy: result.remedy,
      });
  }
}
