import { describe, expect, it } from 'vitest';
import { parseLoadCommand } from '../../../engine/playground/load-command.ts';

describe('a load command', () => {
  it('is read as hey reads it', () => {
    const command =
      'hey -z 1m -q 10 -c 2 -m POST -H "X-Test: a b" http://reviews.default:9080/health';
    expect(parseLoadCommand(command)).toMatchObject({
      durationSeconds: 60,
      ratePerConnection: 10,
      connections: 2,
      method: 'POST',
      headers: { 'X-Test': 'a b' },
    });
  });

  it('is bounded in time and connections', () => {
    expect(parseLoadCommand('hey -z 99h -c 9999 http://reviews/')).toMatchObject({
      durationSeconds: 600,
      connections: 50,
    });
  });

  it.each(['', 'rm -rf /', 'hey', 'hey -z 1m', 'hey http://www.example.com/'])(
    'is refused when it is something else: %j',
    (command) => {
      expect(parseLoadCommand(command)).toBeTypeOf('string');
    },
  );
});
