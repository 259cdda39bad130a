import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATE } from './surroundings.ts';

interface Broken {
  readonly prefix: string;
  readonly except: string;
}

/** Pods of a namespace whose names begin so crash, and crash again, until they are mended. */
export function breakPods(namespace: string, prefix: string, except: string): () => void {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, namespace);
  writeFileSync(file, JSON.stringify({ prefix, except }));
  return () => rmSync(file);
}

export function isBroken(namespace: string, pod: string): boolean {
  const file = join(FOLDER, namespace);
  if (!existsSync(file)) return false;
  const { prefix, except } = JSON.parse(readFileSync(file, 'utf8')) as Broken;
  return pod.startsWith(prefix) && !pod.startsWith(except);
}

const FOLDER = join(STATE, 'broken');
