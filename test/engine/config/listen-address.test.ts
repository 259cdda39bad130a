import { expect, it } from 'vitest';
import { parseListenAddress } from '../../../engine/config/listen-address.ts';

it.each([
  [':8080', { host: undefined, port: 8080 }],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['localhost:9090', { host: 'localhost', port: 9090 }],
  ['[::1]:8080', { host: '::1', port: 8080 }],
])('%s is an address to listen on', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});

it.each(['8080', 'localhost', '::1:8080', ':65536', ':http', 'http://localhost:8080', ''])(
  '%j is none',
  (text) => {
    expect(parseListenAddress(text)).toBeUndefined();
  },
);
