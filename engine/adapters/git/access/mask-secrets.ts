/** Shorter ones cannot be told from ordinary text. */
const SECRET_LENGTH_MIN = 4;

/** Secrets as they stand, as a URL would carry them, and as a header would; logins inside URLs too. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const forms = secrets
    .filter((secret) => secret.length >= SECRET_LENGTH_MIN)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replaceAll('=', ''),
    ]);
  const masked = forms
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, form) => rest.replaceAll(form, '***'), text);
  return masked.replaceAll(/\/\/[^/@\s]+@/g, '//');
}
