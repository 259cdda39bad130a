import childProcess from 'node:child_process';
import { writeSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Counts every moment at which this process asks the system for something that lasts: each program
 * it starts (before, after, when it was spoken to, when it answers, when it has ended) and each
 * change of a file (before and after). Whoever else lives in the process does not notice.
 */
export function watchBoundaries(cross: (name: string) => void): void {
  watchPrograms(cross);
  watchFiles(cross);
  syncBuiltinESMExports();
}

function watchPrograms(cross: (name: string) => void): void {
  const { spawn } = childProcess;
  const watched = (command: string, args: readonly string[], options: object) => {
    const name = nameOf(command, args);
    cross(`before ${name}`);
    const child = spawn(command, args, options);
    // Whoever waits for the end of all programs has to know them.
    if (child.pid !== undefined) say('started', child.pid);
    cross(`after the start of ${name}`);
    setImmediate(() => cross(`while ${name} reads`));
    child.stdout?.once('data', () => cross(`while ${name} answers`));
    child.once('close', () => cross(`after ${name}`));
    return child;
  };
  Object.assign(childProcess, { spawn: watched });
}

/** The Git command, without the settings that come before it. */
function nameOf(command: string, args: readonly string[]): string {
  const at = args.findIndex((arg, index) => !arg.startsWith('-') && args[index - 1] !== '-c');
  return `${command} ${args[at] ?? ''}`.trim();
}

const CHANGES = ['mkdir', 'rename', 'rm', 'writeFile'] as const;

function watchFiles(cross: (name: string) => void): void {
  for (const name of CHANGES) {
    const change = promises[name] as (...args: readonly unknown[]) => Promise<unknown>;
    const watched = async (...args: readonly unknown[]) => {
      cross(`before ${name}`);
      const result = await change(...args);
      cross(`after ${name}`);
      return result;
    };
    Object.assign(promises, { [name]: watched });
  }
}

/** A line for the process that watches this one. It is out before anything else happens. */
export function say(word: 'started' | 'dying' | 'done', value: string | number): void {
  writeSync(1, `${word} ${value}\n`);
}
