import { describe, expect, it } from 'vitest';
import { parseLoadCommand } from '../../../engine/playground/load-command.ts';

const URL_TEXT = 'http://reviews.default:9080/health?x=1';

describe('a load command', () => {
  it('is read as hey reads it', () => {
    const command = `hey -z 1m30s -q 10 -c 2 -m POST -H "X-Test: a b" -d '{"a": 1}' -T text/plain ${URL_TEXT}`;
    expect(parseLoadCommand(command)).toEqual({
      url: new URL(URL_TEXT),
      host: 'reviews.default:9080',
      size: { kind: 'time', seconds: 90 },
      ratePerConnection: 10,
      connections: 2,
      method: 'POST',
      headers: { 'X-Test': 'a b', 'content-type': 'text/plain' },
      body: '{"a": 1}',
    });
  });

  it('has the defaults of hey', () => {
    expect(parseLoadCommand(`hey ${URL_TEXT}`)).toMatchObject({
      size: { kind: 'requests', requests: 200 },
      connections: 50,
      method: 'GET',
    });
  });

  it.each([
    [`hey -n 40 ${URL_TEXT}`, { size: { kind: 'requests', requests: 40 } }],
    [`hey -n 40 -z 5s ${URL_TEXT}`, { size: { kind: 'time', seconds: 5 } }],
    [`hey --z=5s -c=3 ${URL_TEXT}`, { size: { kind: 'time', seconds: 5 }, connections: 3 }],
    [`hey -disable-keepalive -c 3 ${URL_TEXT}`, { connections: 3 }],
    [`hey -host reviews.shop http://127.0.0.1:8080/x`, { host: 'reviews.shop' }],
    [`hey -H 'A: b:c' -H 'D: e' ${URL_TEXT}`, { headers: { A: 'b:c', D: 'e' } }],
  ])('is read in all its forms: %s', (command, expected) => {
    expect(parseLoadCommand(command)).toMatchObject(expected);
  });

  it('is bounded in time, requests and connections', () => {
    expect(parseLoadCommand('hey -z 99h -c 9999 http://reviews/')).toMatchObject({
      size: { seconds: 600 },
      connections: 50,
    });
    expect(parseLoadCommand('hey -n 99999999 http://reviews/')).toMatchObject({
      size: { requests: 100_000 },
    });
  });

  it.each([
    '',
    'rm -rf /',
    'hey',
    'hey -z 1m',
    'hey http://www.example.com/',
    `hey -z soon ${URL_TEXT}`,
    `hey -c 0 ${URL_TEXT}`,
    `hey -q many ${URL_TEXT}`,
    `hey -D /etc/passwd ${URL_TEXT}`,
    `hey -x proxy:8080 ${URL_TEXT}`,
  ])('is refused when it is something else: %j', (command) => {
    expect(parseLoadCommand(command)).toBeTypeOf('string');
  });
});
