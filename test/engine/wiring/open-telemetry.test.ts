import { expect, it, onTestFinished } from 'vitest';
import { openTelemetry } from '../../../engine/wiring/open-telemetry.ts';
import { FakeClock } from '../../support/fake-clock.ts';

async function aServingEngine(pollMs: number) {
  const clock = new FakeClock();
  let address = '';
  const info = (_: string, fields: { readonly address?: unknown } = {}) => {
    address = String(fields.address);
  };
  const open = await openTelemetry(
    { host: '127.0.0.1', port: 0 },
    { pollMs, monotonic: clock, logger: { info, warn() {}, error() {} } },
  );
  onTestFinished(() => open.stop());
  const readiness = async () => {
    const response = await fetch(`http://${address}/readyz`);
    return `${response.status} ${(await response.text()).trim()}`;
  };
  return { open, clock, readiness };
}

it('an engine is ready from its first pass on, and not any more when none succeeds for a minute', async () => {
  const { open, clock, readiness } = await aServingEngine(10_000);
  expect(await readiness()).toBe('503 no pass has succeeded yet');
  open.beat();
  clock.advance(60_000);
  expect(await readiness()).toBe('200 ok');
  clock.advance(1_000);
  expect(await readiness()).toBe('503 no pass has succeeded for 61 s');
  open.beat();
  expect(await readiness()).toBe('200 ok');
});

it('an engine that looks seldom is ready for three of its polls', async () => {
  const { open, clock, readiness } = await aServingEngine(120_000);
  open.beat();
  clock.advance(360_000);
  expect(await readiness()).toBe('200 ok');
});
