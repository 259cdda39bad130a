import { isCommitId } from '../../core/commit-id.ts';
import type { SourceFile } from '../../ports/source-reader.ts';
import type { SourceWriter, WithoutRelease } from '../../ports/source-writer.ts';
import type { BareClone } from './bare-clone.ts';
import { createGitDeliveryRepository, type DeliveryOptions } from './git-delivery-repository.ts';
import { mergeText } from './merge-text.ts';
import { requireBranchName } from './names.ts';
import { lastWords } from './push-outcome.ts';
import { releaseLog } from './release-log.ts';

/** A release of more commits is described well enough by the newest of them. */
const COMMITS_MAX = 50;

/** Takes releases back without a work tree. Nothing but the files of a release is touched. */
export function createGitSourceWriter(options: DeliveryOptions): SourceWriter {
  const { clone } = options;
  const branch = requireBranchName(options.branch);
  const source = createGitDeliveryRepository({ ...options, branch });
  return {
    async without(release) {
      const fetched = await clone.fetch([branch]);
      if (fetched.kind !== 'fetched') return fetched;
      const onto = await clone.tip(branch);
      if (onto === undefined) return { kind: 'nothing', why: `there is no branch ${branch}` };
      try {
        return await withoutRelease(clone, onto, release);
      } catch (error) {
        return { kind: 'unreachable', why: lastWords(String(error)) };
      }
    },
    commit: (draft, onto) => source.publish([draft], onto),
    async propose(name, draft, onto) {
      const proposals = createGitDeliveryRepository({ ...options, branch: name });
      const known = await proposals.refresh();
      if (known.kind === 'refused') return { ...known, kind: 'rejected' };
      if (known.kind !== 'fresh') return known;
      if (known.tip !== undefined) return { kind: 'exists' };
      return proposals.publish([draft], onto);
    },
  };
}

type Release = Parameters<SourceWriter['without']>[0];

async function withoutRelease(
  clone: BareClone,
  onto: string,
  release: Release,
): Promise<WithoutRelease> {
  const { after, upTo } = release;
  for (const commit of [after, upTo]) {
    if (isCommitId(commit) && (await clone.isAncestor(commit, onto))) continue;
    return { kind: 'nothing', why: `the source branch does not hold ${commit} any more` };
  }
  const versions = [];
  for (const commit of [onto, upTo, after]) versions.push(await textsAt(clone, commit, release));
  const [now = NO_FILES, released = NO_FILES, before = NO_FILES] = versions;
  const changed = release.files.filter((file) => released.get(file) !== before.get(file));
  if (changed.length === 0) return { kind: 'nothing', why: 'the release changed no file' };
  const merged = await Promise.all(
    changed.map(async (path): Promise<SourceFile | undefined> => {
      const [ours, base, theirs] = [now.get(path), released.get(path), before.get(path)];
      if (ours === undefined || base === undefined || theirs === undefined) return undefined;
      const text = await mergeText(clone.git, { ours, base, theirs });
      return text === undefined ? undefined : { path, text };
    }),
  );
  const files = merged.flatMap((file) => file ?? []);
  const isClean = files.length === changed.length;
  const restored = changed.flatMap((path) => {
    const text = before.get(path);
    return text === undefined ? [] : [{ path, text }];
  });
  return {
    kind: 'found',
    onto,
    commits: await commitsOf(clone, release),
    files: isClean ? files : restored,
    isClean,
  };
}

const NO_FILES: ReadonlyMap<string, string> = new Map();

async function textsAt(
  clone: BareClone,
  commit: string,
  { files }: Release,
): Promise<ReadonlyMap<string, string>> {
  const entries = (await clone.objects.tree(commit)).filter(({ path }) => files.includes(path));
  const texts = await clone.objects.read(entries.map(({ blob }) => blob));
  return new Map(
    entries.flatMap(({ path, blob }) => {
      const text = texts.get(blob);
      return text === undefined ? [] : [[path, text] as const];
    }),
  );
}

async function commitsOf(clone: BareClone, release: Release): Promise<readonly string[]> {
  const options = [`--max-count=${COMMITS_MAX}`, '--format=%H'];
  const { code, stdout, stderr } = await releaseLog(clone, release, options);
  if (code !== 0) throw new Error(`git log failed: ${stderr}`);
  return stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}
