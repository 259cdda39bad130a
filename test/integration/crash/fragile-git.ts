import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { temporaryFolder } from '../../support/git-sandbox.ts';

/** Where Git dies: as one of its processes enters a system call of a kind for the `when`th time. */
export interface Plan {
  readonly command: string;
  readonly call: string;
  readonly when: number;
}

/** A `git` on the PATH that dies as planned, once; it is the real one, watched by strace. */
export class FragileGit {
  readonly #folder = temporaryFolder();

  static get isPossible(): boolean {
    return spawnSync('strace', ['-V']).status === 0;
  }

  constructor() {
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    writeFileSync(this.#at('git'), script(git, this.#folder), { mode: 0o755 });
  }

  get path(): string {
    return `${this.#folder}${delimiter}${process.env['PATH']}`;
  }

  plan({ command, call, when }: Plan): void {
    rmSync(this.#at('trace'), { force: true });
    writeFileSync(this.#at('plan'), `COMMAND=${command}\nCALL=${call}\nWHEN=${when}\n`);
  }

  /** Whether it came to that. */
  hasDied(): boolean {
    rmSync(this.#at('plan'), { force: true });
    const trace = this.#at('trace');
    return existsSync(trace) && readFileSync(trace, 'utf8').includes('+++ killed by SIGKILL +++');
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }
}

/** Git's environment is the engine's choice, so the plan comes in a file. */
function script(git: string, folder: string): string {
  return `#!/bin/sh
if [ -e '${folder}/plan' ] && [ ! -e '${folder}/trace' ]; then
  . '${folder}/plan'
  for word in "$@"; do
    [ "$word" = "$COMMAND" ] || continue
    exec strace -f -qq -o '${folder}/trace' -e trace="$CALL" \\
      -e inject="$CALL:signal=KILL:when=$WHEN" '${git}' "$@"
  done
fi
exec '${git}' "$@"
`;
}
