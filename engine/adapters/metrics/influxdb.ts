import { parse } from 'csv-parse/sync';
import type { Measurement } from '../../core/observation.ts';
import { endpoint, Unanswered } from './exchange.ts';
import { parseValue } from './exposition.ts';
import { onlyOne } from './points.ts';
import { addressOf, type Ask, credential } from './question.ts';

const TIMEOUT_MS = 15_000;

/** @see https://docs.influxdata.com/influxdb/v2/query-data/execute-queries/influx-api/ */
export const askInfluxdb: Ask = async (question, exchange) => {
  const { provider, query } = question;
  const isSecured = provider.secret !== undefined;
  const org: Readonly<Record<string, string>> = isSecured
    ? { org: credential(question, 'org') }
    : {};
  const text = await exchange.text({
    url: endpoint(addressOf(question), '/api/v2/query', org),
    method: 'POST',
    headers: {
      ...(isSecured ? { authorization: `Token ${credential(question, 'token')}` } : {}),
      accept: 'application/csv',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ type: 'flux', query, dialect: { annotations: ['datatype'] } }),
    timeoutMs: TIMEOUT_MS,
  });
  return onlyOne(recordsOf(text), 'records', valueOf);
};

type Cells = Readonly<Record<string, string>>;

interface FluxRecord {
  readonly cells: Cells;
  readonly types: Cells;
}

/**
 * Annotated CSV: each table begins with the types of its columns, then their names.
 * @see https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/
 */
function recordsOf(text: string): readonly FluxRecord[] {
  const records: FluxRecord[] = [];
  let types: readonly string[] = [];
  let names: readonly string[] | undefined;
  for (const row of rowsOf(text)) {
    if (row[0] === '#datatype') {
      types = row;
      names = undefined;
    } else if (names === undefined) {
      names = row;
    } else {
      const known = names;
      const byName = (values: readonly string[]) =>
        Object.fromEntries(known.map((name, index) => [name, values[index] ?? '']));
      records.push({ cells: byName(row), types: byName(types) });
    }
  }
  return records;
}

function rowsOf(text: string): readonly (readonly string[])[] {
  try {
    return parse(text, { relax_column_count: true, skip_empty_lines: true });
  } catch {
    throw new Unanswered('the answer is not CSV');
  }
}

const NUMBERS = new Set(['double', 'long', 'unsignedLong']);

function valueOf({ cells, types }: FluxRecord): Measurement {
  // A query that fails after its first table says so in a table of its own.
  const { error, _value: text = '' } = cells;
  if (error !== undefined) return { kind: 'error', why: error };
  const type = types['_value'];
  if (type === undefined) return { kind: 'error', why: 'the record has no column _value' };
  if (!NUMBERS.has(type)) return { kind: 'error', why: `_value is a ${type}, not a number` };
  if (text === '') return { kind: 'empty', why: 'the record has no value' };
  return { kind: 'value', value: parseValue(text) };
}
