import { expect, it } from 'vitest';
import { FILE_BYTES_MAX, fileTooLarge, notAFile } from '../../../engine/core/unread.ts';

it('names the file, the limit, and what stands there instead of a file', () => {
  expect(fileTooLarge('a/b.yaml')).toMatchObject({
    message: `a/b.yaml is larger than ${FILE_BYTES_MAX} bytes`,
    location: { file: 'a/b.yaml' },
  });
  expect(notAFile('l.yaml', 'symbolic link').message).toContain('l.yaml is a symbolic link');
});
