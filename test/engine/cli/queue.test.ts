import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../../engine/adapters/telemetry/listener.ts';
import { queueView } from '../../../engine/controller/queue-view.ts';
import type { QueuedDecision } from '../../../engine/controller/result.ts';
import { MINUTE_MS, T0_MS } from '../../support/builders.ts';
import { temporaryFolder } from '../../support/git-sandbox.ts';
import { startHttpStub } from '../../support/http-stub.ts';
import { serin } from '../../support/serin.ts';

const WHY = 'github.com takes 6 pushes a minute, 2 of them kept for rollbacks';

const DECISIONS: readonly QueuedDecision[] = [
  {
    canary: 'shop/cart',
    lane: 'ordinary',
    subjects: ['cart.shop: canary weight 20 (step 2 of 5)'],
    sinceMs: T0_MS,
    untilMs: T0_MS + 15_000,
    why: WHY,
  },
  { lane: 'ordinary', subjects: ['delivery: carry over'], sinceMs: T0_MS - 1_000, why: WHY },
  {
    canary: 'shop/pay',
    lane: 'urgent',
    subjects: ['pay.shop: check failed, 5 of 5', 'pay.shop: rollback, canary weight 0'],
    sinceMs: T0_MS + MINUTE_MS,
    why: 'connection refused',
  },
];

/** A folder with a `serin.yaml` that names a running engine whose queue this is. */
async function aRunningEngine(decisions: readonly QueuedDecision[]) {
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    metrics: () => Promise.reject(new Error('nobody asks')),
    queue: () => ({ decisions: queueView(decisions) }),
    unreadiness: () => undefined,
  });
  onTestFinished(() => listener.stop());
  const folder = aFolder(`serve: "${listener.address}"`);
  return { folder, url: `http://${listener.address}` };
}

function aFolder(line: string): string {
  const folder = temporaryFolder();
  const config = 'source: { folder: dist }\ndelivery: { repository: ., branch: d }\n';
  writeFileSync(join(folder, 'serin.yaml'), `${config}${line}\n`);
  return folder;
}

describe('serin queue', () => {
  it('prints what waits, rollbacks first, then whoever waits longest', async () => {
    const { folder } = await aRunningEngine(DECISIONS);
    const { code, out } = await serin(folder, 'queue');
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.split(/ {3,}/))).toEqual([
      ['LANE', 'DECISION', 'SINCE', 'UNTIL', 'WAITING FOR'],
      [
        'urgent',
        'pay.shop: check failed, 5 of 5; pay.shop: rollback, canary weight 0',
        '2026-01-01T00:01:00.000Z',
        '-',
        'connection refused',
      ],
      ['ordinary', 'delivery: carry over', '2025-12-31T23:59:59.000Z', '-', WHY],
      [
        'ordinary',
        'cart.shop: canary weight 20 (step 2 of 5)',
        '2026-01-01T00:00:00.000Z',
        '2026-01-01T00:00:15.000Z',
        WHY,
      ],
      [''],
    ]);
  });

  it('gives it as data, of any engine that is named', async () => {
    const { url } = await aRunningEngine(DECISIONS);
    const { out } = await serin(temporaryFolder(), 'queue', '--engine', url, '-o', 'json');
    expect(JSON.parse(out)).toEqual({ decisions: queueView(DECISIONS) });
  });

  it('says that nothing waits', async () => {
    const { folder } = await aRunningEngine([]);
    expect((await serin(folder, 'queue')).out).toBe('nothing waits for a push\n');
  });

  it('exits 1 where nobody answers, or somebody else', async () => {
    const folder = aFolder('serve: 127.0.0.1:1');
    expect(await serin(folder, 'queue')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no engine could be asked at http://127.0.0.1:1: '),
    });
    const { url } = await startHttpStub(() => ({ body: '{}' }));
    expect(await serin(folder, 'queue', '--engine', url)).toMatchObject({
      code: 1,
      err: `no engine could be asked at ${url}: what answers there is no engine\n`,
    });
  });

  it('exits 2 where no engine is named, with the remedy', async () => {
    const missing = await serin(aFolder(''), 'queue');
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('`serve: :8080`') });
    const wrong = await serin(temporaryFolder(), 'queue', '--engine', 'here');
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('--engine is "here"') });
  });
});
