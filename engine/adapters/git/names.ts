import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ProblemError } from '../../core/errors.ts';

/**
 * The rules of `git check-ref-format` for a branch, and no leading dash: a name is checked before
 * Git ever sees it.
 * @see https://git-scm.com/docs/git-check-ref-format
 */
export function requireBranchName(name: string): string {
  const parts = name.split('/');
  const isValid =
    name.length <= 200 &&
    parts.every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock')) &&
    !name.startsWith('-') &&
    !name.endsWith('.') &&
    name !== '@' &&
    !/\.\.|@\{|[\u0000-\u0020\u007f~^:?*[\\]/.test(name);
  if (isValid) return name;
  throw new ProblemError([
    {
      code: 'git-ref-invalid',
      message: `${JSON.stringify(name)} is not a branch name`,
      remedy: 'use letters, digits, dots, dashes and slashes, as `git check-ref-format` asks',
    },
  ]);
}

const REMOTE_PROTOCOLS = new Set(['file:', 'http:', 'https:', 'ssh:']);

/**
 * A repository as Git gets it. A path becomes a `file:` URL, because a filter works on no other
 * local clone. A URL with a password in it is refused: it would end up in logs and configuration.
 */
export function repositoryUrl(repository: string, cwd: string): string {
  if (/^[\w.-]+@[\w.-]+:(?!\/\/)/.test(repository)) return repository;
  const url = URL.parse(repository);
  if (url === null) return pathToFileURL(resolve(cwd, repository)).href;
  if (!REMOTE_PROTOCOLS.has(url.protocol)) {
    throw invalidRepository(`the protocol ${url.protocol} is not one Serin speaks`);
  }
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) {
    throw invalidRepository(`the URL of ${url.host}${url.pathname} carries credentials`);
  }
  return url.href;
}

function invalidRepository(message: string): ProblemError {
  const remedy = 'give a path or an https, ssh or file URL without credentials in it';
  return new ProblemError([{ code: 'git-ref-invalid', message, remedy }]);
}

/** A path inside the repository; nothing may lead out of it or into Git's own files. */
export function requireInnerPath(path: string): string {
  const parts = path.split('/');
  const isValid =
    parts.every((part) => part !== '' && part !== '.' && part !== '..') &&
    !parts.some((part) => part.toLowerCase() === '.git') &&
    !/[\u0000-\u001f\u007f\\]/.test(path);
  if (isValid) return path;
  throw new ProblemError([
    {
      code: 'path-outside',
      message: `${JSON.stringify(path)} is not a path inside the repository`,
      remedy: 'use a relative path without `..`',
    },
  ]);
}
