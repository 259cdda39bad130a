import type { SessionAffinity, StringMatch } from '../canary-spec.ts';

/** The header that carries a client's cookies, and the one that gives it some. */
export const COOKIE = 'Cookie';
export const SET_COOKIE = 'Set-Cookie';

/**
 * Meets a `Cookie` header that holds the cookie with exactly this value. Proxies differ in whether an
 * expression must match the whole of a value; this one does in either case.
 */
export function hasCookie(name: string, value: string): StringMatch {
  return { regex: `^(.*; *)?${literal(name)}=${literal(value)}(;.*)?$` };
}

/** A text as a regular expression for itself, in the syntax of RE2. */
export function literal(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
}

/**
 * A `Set-Cookie` value with its attributes in Flagger's order. A cookie is taken back by the same
 * attributes with an age of -1: a browser tells cookies apart by domain and path as well.
 */
export function setCookie(
  name: string,
  value: string,
  maxAgeSeconds: number,
  affinity: SessionAffinity,
): string {
  const { domain, path, sameSite, httpOnly, secure, partitioned } = affinity;
  const attributes = [
    `${name}=${value}`,
    `Max-Age=${maxAgeSeconds}`,
    domain === undefined ? '' : `Domain=${domain}`,
    httpOnly ? 'HttpOnly' : '',
    partitioned ? 'Partitioned' : '',
    path === undefined ? '' : `Path=${path}`,
    sameSite === undefined ? '' : `SameSite=${sameSite}`,
    secure ? 'Secure' : '',
  ];
  return attributes.filter((attribute) => attribute !== '').join('; ');
}
