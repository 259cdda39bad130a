import type { SecretReader, SecretValues } from '../ports/secret-reader.ts';

/**
 * Credentials as they are in force: of the cluster where it lets the engine read them, else as they
 * stand in clear in the source.
 */
export function secretsOf(
  live: SecretReader | undefined,
  written: ReadonlyMap<string, SecretValues>,
): SecretReader {
  return {
    async read(namespace, name) {
      const outcome = await live?.read(namespace, name);
      if (outcome?.kind === 'read') return outcome;
      const values = written.get(`${namespace}/${name}`);
      if (values !== undefined) return { kind: 'read', values };
      if (outcome !== undefined) return outcome;
      const why = `Secret ${namespace}/${name} does not stand in clear in the source, and there is no cluster to read it from`;
      return { kind: 'unread', why };
    },
  };
}
