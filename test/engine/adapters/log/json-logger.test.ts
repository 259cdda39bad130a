import { expect, it } from 'vitest';
import { createJsonLogger, maskSecrets } from '../../../../engine/adapters/log/json-logger.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

it('writes one JSON object a line, with the time of the clock', () => {
  const lines: string[] = [];
  const logger = createJsonLogger({ clock: new FakeClock(0), write: (line) => lines.push(line) });
  logger.warn('the push did not go through', { outcome: 'stale', attempt: 2 });
  expect(lines).toEqual([
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"the push did not go through","outcome":"stale","attempt":2}\n',
  ]);
});

it.each([
  'https://bot:hunter2@git.example/x',
  'Authorization: Bearer hunter2',
  'https://git.example/x?token=hunter2&a=b',
  'password=hunter2',
])('masks a secret in %s', (text) => {
  expect(maskSecrets(text)).not.toContain('hunter2');
});
