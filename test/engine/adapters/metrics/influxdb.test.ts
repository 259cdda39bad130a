import { describe, expect, it } from 'vitest';
import { askTemplate } from './template-question.ts';

const HEAD = '#datatype,string,long,dateTime:RFC3339,double\r\n,result,table,_time,_value\r\n';
const row = (value: string) => `,,0,2026-01-01T00:00:00Z,${value}\r\n`;
const ask = (body: string, credentials?: Readonly<Record<string, string>>) =>
  askTemplate({
    type: 'influxdb',
    query: 'from(bucket: "shop")\n  |> last()',
    answer: { body },
    ...(credentials === undefined ? {} : { credentials }),
  });

describe('InfluxDB', () => {
  it('is asked with token and organisation', async () => {
    const { request } = await ask(HEAD + row('1'), { token: 'tok-1', org: 'my org' });
    expect(request).toMatchObject({ method: 'POST', path: '/api/v2/query?org=my+org' });
    expect(request?.headers).toMatchObject({ authorization: 'Token tok-1' });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      type: 'flux',
      query: 'from(bucket: "shop")\n  |> last()',
      dialect: { annotations: ['datatype'] },
    });
  });

  it('needs neither where there is no Secret, and both where there is one', async () => {
    const { request } = await ask(HEAD + row('1'));
    expect(request?.path).toBe('/api/v2/query');
    expect(request?.headers.authorization).toBeUndefined();
    const { measurement } = await ask('', { token: 'tok-1' });
    expect(measurement).toEqual({ kind: 'error', why: 'Secret shop/keys has no key org' });
  });

  it.each([
    ['a double', HEAD + row('99.5'), 99.5],
    ['a long', HEAD.replace('double', 'long') + row('7'), 7],
    ['a quoted cell before it', HEAD + row('3').replace('2026-01-01T00:00:00Z', '"a,""b""\nc"'), 3],
    ['a second table without records', `${HEAD}${row('2')}\r\n${HEAD}`, 2],
    ['an infinity, which the core judges', HEAD + row('+Inf'), Infinity],
  ])('gives the value of the one record: %s', async (_, body, value) => {
    expect((await ask(body)).measurement).toEqual({ kind: 'value', value });
  });

  it.each([
    ['no records', '\r\n', 'empty', /no records/],
    ['a record without a value', HEAD + row(''), 'empty', /no value/],
    ['several records', HEAD + row('1') + row('2'), 'error', /2 records/],
    ['several tables', `${HEAD}${row('1')}\r\n${HEAD}${row('2')}`, 'error', /2 records/],
    ['a text', HEAD.replace('double', 'string') + row('x'), 'error', /_value is a string/],
    [
      'a table without values',
      '#datatype,string\r\n,result\r\n,x\r\n',
      'error',
      /no column _value/,
    ],
    [
      'an error in a table of its own',
      '#datatype,string,string\r\n,error,reference\r\n,bucket not found,897\r\n',
      'error',
      /bucket not found/,
    ],
    ['something that is no CSV', 'a"b"\n"', 'error', /not CSV/],
  ])('that answers with %s has given no value', async (_, body, kind, why) => {
    expect((await ask(body)).measurement).toEqual({ kind, why: expect.stringMatching(why) });
  });
});
