import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serin } from '../harness/cli.ts';
import { DELIVERY_BRANCH, REPOSITORIES } from '../harness/git.ts';

/** Runs last: every decision of every scenario is taken again from what was recorded of it. */
export function auditScenario(): void {
  describe('serin verify', () => {
    it('accepts the whole history that the scenarios made', async () => {
      const repository = join(REPOSITORIES, 'delivery.git');
      const said = await serin('verify', '--repository', repository, '--branch', DELIVERY_BRANCH);
      expect(said).toMatch(/^\d+ commits follow: \d+ decisions for \d+ canaries/);
    });
  });
}
