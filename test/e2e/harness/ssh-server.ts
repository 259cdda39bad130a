import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Component } from './component.ts';
import { REPOSITORIES } from './git.ts';
import { binary, LIBRARIES, NODE_IP, STATE } from './surroundings.ts';

const PORT = 2222;
const FOLDER = join(STATE, 'ssh');

/** The source as the engine reads it; the account is made by `scripts/e2e.mjs`. */
export const SOURCE_SSH_URL = `ssh://git@${NODE_IP}:${PORT}${join(REPOSITORIES, 'source.git')}`;

/** OpenSSH's own server, as somebody who is not root, for one key. */
export function createSshServer(): Component {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of ['host', 'identity']) {
    const key = ['-q', '-t', 'ed25519', '-N', '', '-f', join(FOLDER, name)];
    execFileSync('ssh-keygen', key);
  }
  const config = [
    `ListenAddress ${NODE_IP}:${PORT}`,
    `HostKey ${join(FOLDER, 'host')}`,
    `AuthorizedKeysFile ${join(FOLDER, 'identity.pub')}`,
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    'PasswordAuthentication no',
    // As every host does: protocol 2 is what lets a blobless clone ask for single objects.
    'AcceptEnv GIT_PROTOCOL',
  ];
  writeFileSync(join(FOLDER, 'sshd_config'), `${config.join('\n')}\n`);
  const asGit = ['--user', '--map-user=1000', '--map-group=1000'];
  return new Component({
    name: 'sshd',
    command: 'unshare',
    args: [...asGit, binary('sshd'), '-D', '-e', '-f', join(FOLDER, 'sshd_config')],
    env: { LD_LIBRARY_PATH: LIBRARIES },
  });
}

/** Puts the key and the host it is for where the engine looks for them. */
export function writeSshCredentials(folder: string): void {
  copyFileSync(join(FOLDER, 'identity'), join(folder, 'identity'));
  const host = readFileSync(join(FOLDER, 'host.pub'), 'utf8').split(' ', 2).join(' ');
  writeFileSync(join(folder, 'known_hosts'), `[${NODE_IP}]:${PORT} ${host}\n`);
}
