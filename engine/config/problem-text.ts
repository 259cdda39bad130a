import type { Problem } from '../core/errors.ts';

/** A problem for people: where, what with the actual value, and what to do. */
export function problemText({ code, message, remedy, location, canary }: Problem): string {
  const position = [location?.file, location?.line, location?.column].filter(
    (part) => part !== undefined,
  );
  const where = position.length > 0 ? position.join(':') : (canary ?? '');
  const head = where === '' ? `${code}: ${message}` : `${where}: ${code}: ${message}`;
  return `${head}\n    ${remedy}`;
}
