import { formatInstant } from '../../core/instant.ts';
import type { ServiceFormat } from './service.ts';

/** Everything there is to say, as plain JSON, for whatever is not a chat. */
export const webhook: ServiceFormat = {
  body: ({ atMs, fields, ...alert }) => ({
    ...alert,
    fields: Object.fromEntries(fields.map(({ name, value }) => [name, value])),
    timestamp: formatInstant(atMs),
  }),
};
