/** What keeps the engine from working in its own clone. */
export interface LocalTrouble {
  readonly why: string;
  readonly remedy: string;
}

const FULL =
  /No space left on device|Disk quota exceeded|Out of diskspace|ENOSPC|EDQUOT|File too large/i;

const NOT_WRITABLE = /Read-only file system|EROFS|EACCES|insufficient permission for adding/i;

/** Trouble with the disk that holds the clones, by what Git or the system said of it. */
export function localTrouble(text: string, cacheFolder: string): LocalTrouble | undefined {
  const own = ownWords(text);
  if (FULL.test(own)) {
    const remedy = `make room below ${cacheFolder}; what is in it can be made again, so it may be emptied`;
    return { why: `the disk is full below ${cacheFolder}`, remedy };
  }
  if (NOT_WRITABLE.test(own)) {
    const remedy = `let the engine write below ${cacheFolder}, or name another folder with XDG_CACHE_HOME`;
    return { why: `nothing can be written below ${cacheFolder}`, remedy };
  }
  return undefined;
}

const DAMAGED =
  /not a git repository|bad object|corrupt|does not point to a valid object|unable to read (?:tree|sha1|[0-9a-f]{6})|inflate|object file .* is empty|^(?:fatal|error): (?:missing|bad) |bad config|bad tree object|invalid sha1 pointer|could not (?:read|parse) [0-9a-f]{6}|pack .* (?:far too short|cannot be mapped|is bad)|bad signature 0x|unable to find [0-9a-f]{6}|failed to read object|dubious ownership|(?:unexpected|unterminated) line in /im;

/** The clone cannot be trusted any more. What is in it can be made again. */
export function isDamage(text: string): boolean {
  return DAMAGED.test(ownWords(text));
}

/** A damaged server is not ours to mend. */
function ownWords(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('remote:'))
    .join('\n');
}
