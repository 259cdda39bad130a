import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BareClone } from '../../engine/adapters/git/bare-clone.ts';
import { createGitDeliveryRepository } from '../../engine/adapters/git/git-delivery-repository.ts';

/** Publishes with room on the disk, without, and with room again; prints the outcomes as JSON. */
const [url = '', cacheFolder = ''] = process.argv.slice(2);
const branch = 'delivery/test';
const author = { name: 'Serin', email: 'serin@localhost' };
const clone = new BareClone({ url, cacheFolder, env: process.env });
const delivery = createGitDeliveryRepository({ clone, branch, author, committer: author });
const publish = async (message: string, text: string) => {
  const changes = [{ kind: 'write', path: 'files/a.yaml', text } as const];
  const draft = { message: `${message}\n`, changes, atMs: Date.UTC(2026, 0, 1) };
  return delivery.publish([draft], await clone.tip(branch));
};
const incompressible = (bytes: number) => randomBytes(bytes / 2).toString('hex');

await delivery.refresh();
const first = await publish('first', 'a: 1\n');
const ballast = join(cacheFolder, 'ballast');
fill();
const refused = await publish('second', incompressible(200_000));
commitByHand();
fill();
const unread = await delivery.refresh();
rmSync(ballast);
await delivery.refresh();
const again = await publish('second', 'a: 2\n');
process.stdout.write(
  JSON.stringify({ first: first.kind, publish: refused, refresh: unread, again: again.kind }),
);

function fill(): void {
  for (let bytes = 4096; ; bytes += 4096) {
    try {
      writeFileSync(ballast, Buffer.alloc(bytes));
    } catch {
      return;
    }
  }
}

/** Somebody commits on the server, where there is room. */
function commitByHand(): void {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', fileURLToPath(url), ...args], { encoding: 'utf8' }).trim();
  const commit = git('commit-tree', `${branch}^{tree}`, '-p', branch, '-m', 'by hand');
  git('update-ref', `refs/heads/${branch}`, commit);
}
