import { closeSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ENGINE_USER } from '../harness/control-plane.ts';
import { STATE } from '../harness/surroundings.ts';

const LOG = join(STATE, 'audit.log');

/** The API server writes down each request of the engine's user, and nobody else's. */
export function auditArgs(): readonly string[] {
  const policy = join(STATE, 'audit-policy.yaml');
  writeFileSync(
    policy,
    stringify({
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata', users: [ENGINE_USER] }, { level: 'None' }],
    }),
  );
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${LOG}`];
}

/** @see https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
}

/** A point in the API server's log; requests are counted from there. */
export function auditPosition(): number {
  return statSync(LOG, { throwIfNoEntry: false })?.size ?? 0;
}

/** Requests since then, by verb and resource. A watch counts when it begins. */
export function requestsSince(position: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of textFrom(position).split('\n')) {
    const event = parseEvent(line);
    if (event === undefined) continue;
    const { verb, stage, objectRef = {} } = event;
    if ((verb === 'watch') !== (stage === 'ResponseStarted')) continue;
    const { resource = '', subresource } = objectRef;
    const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return counts;
}

function textFrom(position: number): string {
  const length = auditPosition() - position;
  if (length <= 0) return '';
  const buffer = Buffer.alloc(length);
  const file = openSync(LOG, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, length, position));
  } finally {
    closeSync(file);
  }
}

/** The last line may be under way still. */
function parseEvent(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent;
  } catch {
    return undefined;
  }
}
