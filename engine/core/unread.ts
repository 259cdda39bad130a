import type { Problem } from './errors.ts';

/** A manifest is a few kilobytes; etcd takes no object beyond 1.5 MiB. */
export const FILE_BYTES_MAX = 1024 * 1024;

export function fileTooLarge(file: string): Problem {
  return {
    code: 'file-too-large',
    message: `${file} is larger than ${FILE_BYTES_MAX} bytes`,
    remedy: 'split it: one object a file reads best',
    location: { file },
  };
}

/** It could lead anywhere, or is another repository. */
export function notAFile(file: string, what: 'symbolic link' | 'submodule'): Problem {
  return {
    code: 'not-a-file',
    message: `${file} is a ${what}, which is not followed`,
    remedy: 'put the manifest itself there, or move it out of the source path',
    location: { file },
  };
}
