import { CONTROL } from './commit-rules.ts';
import type { Files } from '../../render/changeset.ts';
import { isManifest, keptFiles, parseMove } from '../../render/move-files.ts';

/** A commit that takes a canary, or what belongs to none, a step from one branch to another. */
export interface DeliveredMove {
  readonly verb: string | undefined;
  /** What moves, before and after, without the file that says so. */
  readonly before: Files;
  readonly after: Files;
  /** The file that says so. */
  readonly markBefore: string | undefined;
  readonly markAfter: string | undefined;
  /** What moves, as it was on the branch it came from; nothing where that is not at hand. */
  readonly origin: (commit: string) => Promise<Files | undefined>;
}

/** Why a step of a move does not follow, or nothing. */
export async function moveTrouble(move: DeliveredMove): Promise<string | undefined> {
  const step = STEPS.get(move.verb ?? '');
  return step === undefined
    ? `nothing moves by ${move.verb ?? 'a step without a name'}`
    : step(move);
}

type Step = (move: DeliveredMove) => Promise<string | undefined> | string | undefined;

const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['keep', keepTrouble],
  ['copy', copyTrouble],
  ['leave', leaveTrouble],
  ['settle', settleTrouble],
]);

function keepTrouble({ before, after, markAfter }: DeliveredMove): string | undefined {
  if (parseMove(markAfter) === undefined) return 'it does not say where it moves to';
  return difference(keptFiles(before), after);
}

async function copyTrouble({ after, markAfter, origin }: DeliveredMove) {
  const mark = parseMove(markAfter);
  if (mark === undefined) return 'it does not say where it comes from';
  const files = await origin(mark.commit);
  if (files === undefined) {
    return `it comes from ${mark.from}, whose commit ${mark.commit.slice(0, 8)} is not at hand`;
  }
  return difference(keptFiles(files), after);
}

function leaveTrouble({ after, markBefore, markAfter }: DeliveredMove): string | undefined {
  if (parseMove(markBefore) === undefined) return 'it leaves, and nothing says where to';
  if (markAfter !== undefined) return 'it leaves behind that it moves';
  const [left] = after.keys();
  return left === undefined ? undefined : `it leaves ${left} behind`;
}

async function settleTrouble({ before, after, markBefore, markAfter, origin }: DeliveredMove) {
  const mark = parseMove(markBefore);
  if (mark === undefined) return 'it settles, and has not moved';
  if (markAfter !== undefined) return 'it still says that it moves';
  const files = await origin(mark.commit);
  if (files === undefined) {
    return `it comes from ${mark.from}, whose commit ${mark.commit.slice(0, 8)} is not at hand`;
  }
  const manifests = [...files].filter(([path]) => isManifest(path));
  const rest = [...before].filter(([path]) => !isManifest(path));
  return difference(new Map([...manifests, ...rest]), after);
}

/** The control file is people's own, and may have changed at any moment. */
function difference(wanted: Files, found: Files): string | undefined {
  const paths = new Set([...wanted.keys(), ...found.keys()]);
  const other = [...paths].find(
    (path) => !CONTROL.test(path) && wanted.get(path) !== found.get(path),
  );
  return other === undefined ? undefined : `${other} is not what it was before it moved`;
}
