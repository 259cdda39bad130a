/**
 * Flagger's load tester as a program: runs the `hey` command that a webhook names, and nothing
 * else. Arguments: the address to listen on, the path of hey.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const [address = '', hey = ''] = process.argv.slice(2);
const { hostname, port } = new URL(address);

createServer((request, response) => {
  void text(request).then((body) => {
    const { metadata } = JSON.parse(body) as { readonly metadata?: { readonly cmd?: string } };
    const [program, ...args] = (metadata?.cmd ?? '').split(' ');
    if (program !== 'hey') return response.writeHead(400).end('only hey');
    spawn(hey, args, { stdio: 'ignore' });
    return response.writeHead(202).end();
  });
}).listen(Number(port), hostname);
