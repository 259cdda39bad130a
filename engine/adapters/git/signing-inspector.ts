import { ProblemError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Finding, Inspector } from '../../ports/inspector.ts';
import type { SigningKey } from './signing/open-signer.ts';

/** Signs something that nobody will see, with the key that signs commits. */
export function createSigningInspector(signing: SigningKey | undefined, clock: Clock): Inspector {
  return {
    async inspect(): Promise<readonly Finding[]> {
      const found = { part: 'signing', check: 'key' };
      if (signing === undefined) {
        return [{ ...found, status: 'ok', message: 'commits are not signed' }];
      }
      try {
        const signer = await signing.open();
        await signer.sign(Buffer.from('a dry run\n'), clock.nowMs());
        return [
          { ...found, status: 'ok', message: `commits are signed: ${await signer.publicKey()}` },
        ];
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        return error.problems.map(({ message, remedy }) => ({
          ...found,
          status: 'failure',
          message,
          remedy,
        }));
      }
    },
  };
}
