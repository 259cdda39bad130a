import { describe, expect, it } from 'vitest';
import {
  repositoryUrl,
  requireBranchName,
  requireInnerPath,
} from '../../../../engine/adapters/git/names.ts';
import { ProblemError } from '../../../../engine/core/errors.ts';

describe('a branch name', () => {
  it.each(['main', 'delivery/prod', 'env/eu-1.a_b', 'delivery/default@2'])('may be %s', (name) => {
    expect(requireBranchName(name)).toBe(name);
  });

  it.each([
    '-x',
    '--upload-pack=touch x',
    'a..b',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
    '.a',
    'a/.b',
    'a//b',
    '/a',
    'a/',
    'a.lock',
    'a.lock/b',
    'a.',
    'a@{1}',
    '@',
    '',
    'a\nb',
    'a\u0000',
  ])('is refused before Git sees it: %j', (name) => {
    expect(() => requireBranchName(name)).toThrow(ProblemError);
  });
});

describe('a path inside the repository', () => {
  it('may be any relative path', () => {
    expect(requireInnerPath('workloads/default/reviews/a b.yaml')).toContain('a b');
  });

  it.each([
    '/etc/passwd',
    '../x',
    'a/../b',
    'a//b',
    './a',
    'a/.git/hooks/x',
    '.GIT/x',
    'a\\b',
    'a\nb',
    '',
  ])('never leads out of it: %j', (path) => {
    expect(() => requireInnerPath(path)).toThrow(ProblemError);
  });
});

describe('a repository', () => {
  it('given as a path becomes a URL, because a filter works on no other local clone', () => {
    expect(repositoryUrl('../repo.git', '/srv/work')).toBe('file:///srv/repo.git');
    expect(repositoryUrl('/srv/a b', '/')).toBe('file:///srv/a%20b');
  });

  it.each(['https://git.example/x.git', 'ssh://git@git.example/x', 'git@git.example:team/x.git'])(
    'may be %s',
    (repository) => {
      expect(repositoryUrl(repository, '/')).toBe(repository);
    },
  );

  it.each(['https://bot:hunter2@git.example/x', 'https://token@git.example/x'])(
    'with credentials in it is refused, and they are not repeated',
    (repository) => {
      expect(() => repositoryUrl(repository, '/')).toThrow(/git\.example/);
      expect(() => repositoryUrl(repository, '/')).not.toThrow(/hunter2|token/);
    },
  );

  it.each(['ext::sh -c touch% x', 'gopher://x/y'])('of another protocol is refused: %s', (url) => {
    expect(() => repositoryUrl(url, '/')).toThrow(ProblemError);
  });
});
