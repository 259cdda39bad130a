import type { Json, JsonObject } from '../manifest.ts';

/** The triggers of a ScaledObject, asking about the primary. */
export interface QueryRewrite {
  readonly target: string;
  /** By trigger name. With it, nothing is rewritten that is not in it. */
  readonly queries: Readonly<Record<string, string>> | undefined;
}

export function primaryTriggers(triggers: Json, rewrite: QueryRewrite): Json {
  if (!Array.isArray(triggers)) return triggers;
  return (triggers as readonly JsonObject[]).map((trigger) => {
    const metadata = trigger['metadata'] as JsonObject | undefined;
    const query = metadata?.['query'];
    if (typeof query !== 'string') return trigger;
    return { ...trigger, metadata: { ...metadata, query: primaryQuery(trigger, query, rewrite) } };
  });
}

function primaryQuery(
  trigger: JsonObject,
  query: string,
  { target, queries }: QueryRewrite,
): string {
  if (queries === undefined) return aboutPrimary(query, target);
  const name = trigger['name'];
  return (typeof name === 'string' ? queries[name] : undefined) ?? query;
}

/**
 * `T` and `T-canary` become `T-primary`, also before the rest of a pod's name. Flagger replaces them
 * wherever these letters stand; here a longer word that holds them stays, and so does a label's name.
 */
function aboutPrimary(query: string, target: string): string {
  const word = '[A-Za-z0-9_-]';
  const name = target.replaceAll(/[-.]/g, '\\$&');
  const subject = `(?<!${word})${name}(-canary(?!${word}))?(?!-primary|[A-Za-z0-9_])`;
  const isNoLabel = String.raw`(?!\s*(?:=|!=|!~))`;
  return query.replaceAll(new RegExp(subject + isNoLabel, 'g'), `${target}-primary`);
}
