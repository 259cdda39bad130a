import { expect, it, onTestFinished } from 'vitest';
import { openTelemetry } from '../../../engine/wiring/open-telemetry.ts';
import { FakeClock } from '../../support/fake-clock.ts';

async function aServingEngine(
  pollMs: number,
  names: readonly (string | undefined)[] = [undefined],
) {
  const clock = new FakeClock();
  let address = '';
  const info = (_: string, fields: { readonly address?: unknown } = {}) => {
    address = String(fields.address);
  };
  const open = await openTelemetry(
    { host: '127.0.0.1', port: 0 },
    { names, pollMs, monotonic: clock, logger: { info, warn() {}, error() {} } },
  );
  onTestFinished(() => open.stop());
  const readiness = async () => {
    const response = await fetch(`http://${address}/readyz`);
    return `${response.status} ${(await response.text()).trim()}`;
  };
  const metrics = async () => (await fetch(`http://${address}/metrics`)).text();
  const beat = () => open.of(names[0]).beat();
  return { open, clock, readiness, metrics, beat };
}

it('an engine is ready from its first pass on, and not any more when none succeeds for a minute', async () => {
  const { beat, clock, readiness } = await aServingEngine(10_000);
  expect(await readiness()).toBe('503 no pass has succeeded yet');
  beat();
  clock.advance(60_000);
  expect(await readiness()).toBe('200 ok');
  clock.advance(1_000);
  expect(await readiness()).toBe('503 no pass has succeeded for 61 s');
  beat();
  expect(await readiness()).toBe('200 ok');
});

it('an engine that looks seldom is ready for three of its polls', async () => {
  const { beat, clock, readiness } = await aServingEngine(120_000);
  beat();
  clock.advance(360_000);
  expect(await readiness()).toBe('200 ok');
});

it('several deliveries are counted apart, and one that works makes the engine ready', async () => {
  const { open, readiness, metrics } = await aServingEngine(10_000, ['eu', 'us']);
  expect(await readiness()).toBe(
    '503 eu: no pass has succeeded yet; us: no pass has succeeded yet',
  );
  open.of('us').beat();
  expect(await readiness()).toBe('200 ok');
  for (const name of ['eu', 'us']) {
    open.of(name).telemetry.passed({
      outcome: 'done',
      durationMs: 1,
      problems: 0,
      unpushed: 0,
      untold: 0,
    });
  }
  const text = await metrics();
  const heads = text.split('\n').filter((line) => line.startsWith('# TYPE '));
  expect(new Set(heads).size).toBe(heads.length);
  expect(text).toMatch(/serin_pass_duration_seconds_count\{.*delivery="eu".*\} 1/);
  expect(text).toMatch(/serin_pass_duration_seconds_count\{.*delivery="us".*\} 1/);
});
