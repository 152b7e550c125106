import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { readLogin } from './authentication.ts';
import { readCommand } from './commands.ts';
import { splitInlineWords } from './inline-words.ts';

let redis: TestRedis;
before(async () => { redis = await startRedis(); });
after(() => redis[Symbol.asyncDispose]());

/** All that Redis answers to `bytes` until it has seen the end of them. */
async function ask(bytes: Buffer): Promise<Buffer> {
  const socket: Duplex = await redis.target.connect();
  socket.end(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const words = ['AUTH', 'ann', '"a b"', '\'it\\\'s\'', '"\\x41\\n"', '"', '\'', '\\', '\\"', ' ', '\t', '\v', '\f', '\r', '""', '\u00e9', '\u00a0', 'x"y', '"\\', '\\x4', '#'];

test('a line is cut into the same words as by Redis', async () => {
  const { username, password } = redis.target;
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((parts) => Buffer.from(parts.join(''), 'latin1')), async (line) => {
    const answer = await ask(Buffer.concat([Buffer.from(`AUTH ${username} ${password}\r\nEVAL "return ARGV" 0 `), line, Buffer.from('\r\nPING\r\n')]));
    const args = splitInlineWords(line);
    const expected = args === null
      ? Buffer.from('+OK\r\n-ERR Protocol error: unbalanced quotes in request\r\n')
      : Buffer.concat([Buffer.from(`+OK\r\n*${String(args.length)}\r\n`), ...args.flatMap((arg) => [Buffer.from(`$${String(arg.length)}\r\n`), arg, Buffer.from('\r\n')]), Buffer.from('+PONG\r\n')]);
    assert.equal(answer.toString('latin1'), expected.toString('latin1'));
  }), { numRuns: 400 });
});

const parts = ['*', '$', '1', '2', '3', '0', '-1', '11', '01', '16385', '\r\n', '\r\n', '\r\n', '$4\r\n', '*1\r\n', '*2\r\n', 'AUTH\r\n', '*3\r\n$5\r\nhello\r\n', '$1\r\n3\r\n', 'PING\r\n', ':', 'x', '"', ' '];
/** Ours alone; see commands.ts. */
const STRICTER = /without its end|zero byte|too many empty requests/;

test('what is incomplete, a command, or refused is that for Redis as well, in the same words', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((text) => Buffer.from(text.join(''))), async (bytes) => {
    const command = readCommand(bytes);
    // We refuse a wrong byte at once, Redis at the end of its line.
    const [first = ''] = (await ask(command.kind === 'invalid' ? Buffer.concat([bytes, Buffer.from('\r\n')]) : bytes)).toString().split('\r\n');
    if (command.kind === 'incomplete') assert.equal(first, '');
    else if (command.kind === 'command') assert.doesNotMatch(first, /^$|Protocol error/);
    else if (!STRICTER.test(command.problem)) assert.equal(first.replace(/'.'$/, ''), `-ERR ${command.problem}`.replace(/'.'$/, ''));
  }), { numRuns: 400 });
});

test('a login that we refuse is refused by Redis in the same words', async () => {
  const word = fc.constantFrom('AUTH', 'SETNAME', 'x', '2', '3', '03', '-3', '4', 'Foo', '');
  await fc.assert(fc.asyncProperty(fc.constantFrom('AUTH', 'hello'), fc.array(word, { maxLength: 6 }), async (name, rest) => {
    const args = [name, ...rest];
    const login = readLogin(args.map((arg) => Buffer.from(arg)));
    const [first = ''] = (await ask(Buffer.from(`${args.map((arg) => `"${arg}"`).join(' ')}\r\n`))).toString().split('\r\n');
    // Redis 7.0 logs in before it reads on.
    if (login.kind === 'error' && first.startsWith('-WRONGPASS')) assert.ok(rest.slice(1, -2).includes('AUTH'));
    else if (login.kind === 'error') assert.equal(first, `-${login.code} ${login.text}`);
    else assert.match(first, login.kind === 'login' ? /^-WRONGPASS / : /^-NOAUTH HELLO must be called/);
  }), { numRuns: 200 });
});
