import { readdirSync, readFileSync } from 'node:fs';

/** What a process has used, with everything it started. */
export interface Usage {
  readonly cpuMs: number;
  /** Of the process itself. */
  readonly rssBytes: number;
  /** Of those it started and that still run. */
  readonly helpersRssBytes: number;
}

/** Linux counts processor time in hundredths of a second, and memory in pages of 4 KiB. */
const TICK_MS = 10;
const PAGE_BYTES = 4_096;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): readonly Process[] => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const fields = stat
          .slice(stat.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number);
        // Its own time, and that of children that have ended.
        const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
        const cpuMs = (user + system + childUser + childSystem) * TICK_MS;
        const rssBytes = (fields[21] ?? 0) * PAGE_BYTES;
        return [{ pid: Number(name), parent: fields[1] ?? 0, cpuMs, rssBytes }];
      } catch {
        return [];
      }
    });
}

export function usageOf(pid: number): Usage {
  const all = processes();
  const own = all.filter((each) => each.pid === pid);
  const helpers: Process[] = [];
  for (let parents = new Set([pid]); parents.size > 0;) {
    const children = all.filter(({ parent }) => parents.has(parent));
    helpers.push(...children);
    parents = new Set(children.map((each) => each.pid));
  }
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    cpuMs: sum([...own, ...helpers].map(({ cpuMs }) => cpuMs)),
    rssBytes: sum(own.map(({ rssBytes }) => rssBytes)),
    helpersRssBytes: sum(helpers.map(({ rssBytes }) => rssBytes)),
  };
}
