import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ConfigManifest, Texts } from '../manifest.ts';
import { keptLabels } from './clean-manifest.ts';

/** Enough to tell any two contents of one name apart. */
const DIGEST_LENGTH = 12;

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const NAME_MAX = 253;

/**
 * A ConfigMap or Secret as pods of one canary read it: what it says, under a name that says so too. It
 * never changes, so pods that start again read what was analysed, and other content is other pods.
 *
 * @param owner whose copy it is; two canaries that share a ConfigMap have one each
 * @param labelPrefixes of the labels that it takes over
 */
export function configCopy(
  config: ConfigManifest,
  owner: string,
  labelPrefixes: readonly string[] = [],
): ConfigManifest {
  if (isCopy(config, owner)) return config;
  const { apiVersion, kind, metadata } = config;
  const labels = keptLabels(metadata.labels, labelPrefixes);
  return {
    apiVersion,
    kind,
    metadata: {
      name: copyName(metadata.name, config, owner),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    },
    immutable: true,
    ...contentOf(config),
  };
}

/** What was delivered reads like what was written: a copy is its own copy. */
function isCopy(config: ConfigManifest, owner: string): boolean {
  const { name } = config.metadata;
  return copyName(name.slice(0, -DIGEST_LENGTH - 1), config, owner) === name;
}

/** Whether a name is that of a copy, by what it was written under. */
export function isCopyOf(copy: string, name: string): boolean {
  const stem = copy.slice(0, -DIGEST_LENGTH - 1);
  return stem === stemOf(name) && /^-[0-9a-f]+$/.test(copy.slice(stem.length));
}

function stemOf(name: string): string {
  return name.slice(0, NAME_MAX - DIGEST_LENGTH - 1);
}

function copyName(name: string, config: ConfigManifest, owner: string): string {
  const stem = stemOf(name);
  return `${stem}-${digestOf([owner, config.kind, stem, contentOf(config)])}`;
}

type Content = Pick<ConfigManifest, 'type' | 'data' | 'binaryData'>;

/** What is read of it. `stringData` is a way to write `data`, and wins over it. */
function contentOf({ kind, type, data, binaryData, stringData }: ConfigManifest): Content {
  const encoded = kind === 'Secret' ? mapTexts(stringData ?? {}, base64) : {};
  const all = { ...data, ...encoded };
  return {
    ...(type === undefined ? {} : { type }),
    ...(Object.keys(all).length === 0 ? {} : { data: sorted(all) }),
    ...(binaryData === undefined ? {} : { binaryData: sorted(binaryData) }),
  };
}

function mapTexts(texts: Texts, change: (text: string) => string): Texts {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, change(text)]));
}

function sorted(texts: Texts): Texts {
  return Object.fromEntries(Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function base64(text: string): string {
  const bytes = utf8ToBytes(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function digestOf(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(value)))).slice(0, DIGEST_LENGTH);
}
