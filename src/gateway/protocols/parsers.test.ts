import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { createRandom, type Random } from '../../../test/support/random.ts';
import { guessProtocol } from './first-bytes.ts';
import { authenticationCode, BackendReader, encodeKeyData, readErrorFields, readKeyData } from './postgresql/backend-messages.ts';
import { encodeCancelRequest } from './postgresql/cancel-request.ts';
import { takeEndpoint } from './postgresql/endpoint-option.ts';
import { encodeErrorResponse } from './postgresql/error-response.ts';
import { readPreamble } from './postgresql/preamble.ts';
import { encodeStartup } from './postgresql/startup-packet.ts';
import { readProxyHeader } from './proxy-protocol/read.ts';
import { V2_SIGNATURE } from './proxy-protocol/v2.ts';
import { readLogin } from './redis/authentication.ts';
import { readCommand } from './redis/commands.ts';
import { encodeError } from './redis/errors.ts';

/** `DBMAKER_TEST_MUTATIONS=1000000` for a longer run; `DBMAKER_TEST_SEED` repeats one that failed. */
const MUTATIONS = Number(process.env['DBMAKER_TEST_MUTATIONS'] ?? 200_000);

interface Result {
  readonly kind: string;
  readonly size?: number;
}
interface Parser {
  readonly name: string;
  readonly read: (bytes: Buffer) => Result;
  readonly kinds: readonly string[];
  /** Of so many bytes or more it knows what they are. */
  readonly cap: number;
  /** Valid, with no byte more than it takes to know that. */
  readonly samples: readonly Buffer[];
}

const text = (...lines: string[]): Buffer[] => lines.map((line) => Buffer.from(line, 'latin1'));
const startup = (parameters: Record<string, string>): Buffer => encodeStartup({ major: 3, minor: 0 }, new Map(Object.entries(parameters)));
const v2 = (command: number, family: number, rest: Buffer): Buffer => Buffer.concat([V2_SIGNATURE, Buffer.from([command, family, rest.length >> 8, rest.length & 0xff]), rest]);

const PARSERS: readonly Parser[] = [
  {
    name: 'preamble of PostgreSQL', cap: 10_000, kinds: ['incomplete', 'tls', 'ssl-request', 'gss-request', 'cancel-request', 'startup', 'invalid'],
    samples: [
      ...text('\x16', '\0\0\0\x08\x04\xd2\x16\x2f', '\0\0\0\x08\x04\xd2\x16\x30'), encodeCancelRequest(4711, Buffer.alloc(4, 1)), encodeCancelRequest(-1, Buffer.alloc(256, 2)), startup({}),
      startup({ user: 'ann', database: 'orders', options: '-c search_path=a\\ b endpoint=ann-orders --geqo=off', application_name: 'psql' }), startup({ user: 'x'.repeat(2000) }),
      encodeStartup({ major: 2, minor: 0 }, new Map()),
    ],
    read(bytes) {
      const preamble = readPreamble(bytes);
      if (preamble.kind === 'startup' && preamble.version.major === 3) {
        const again = readPreamble(encodeStartup(preamble.version, preamble.parameters));
        assert.ok(again.kind === 'startup' && isDeepStrictEqual(again.parameters, preamble.parameters));
        const { parameters } = takeEndpoint(preamble.parameters);
        assert.equal(takeEndpoint(parameters).endpoint, null, 'an endpoint was left');
      }
      if (preamble.kind === 'cancel-request') assert.deepEqual(encodeCancelRequest(preamble.processId, preamble.key), bytes.subarray(0, preamble.size));
      return preamble;
    },
  },
  {
    name: 'backend of PostgreSQL', cap: 1024 * 1024 + 1, kinds: ['incomplete', 'message', 'invalid'],
    samples: [encodeKeyData(4711, Buffer.alloc(32, 3)), encodeErrorResponse({ severity: 'FATAL', code: '57P03', message: 'Waking.', hint: 'Try again.' }), ...text('Z\0\0\0\x05I', 'R\0\0\0\x08\0\0\0\0', 'S\0\0\0\x08a\0b\0', 'x\0\0\0\x04')],
    read(bytes) {
      const reader = new BackendReader();
      reader.push(bytes);
      const message = reader.next();
      if (message === null) return { kind: reader.problem === null ? 'incomplete' : 'invalid' };
      readErrorFields(message.body);
      const key = readKeyData(message.body);
      if (key !== null) assert.deepEqual(encodeKeyData(key.processId, key.key).subarray(1), message.bytes.subarray(1));
      return { kind: 'message', size: message.bytes.length, ...message, code: authenticationCode(message.body), rest: undefined };
    },
  },
  {
    name: 'command of Redis', cap: 64 * 1024 + 256, kinds: ['incomplete', 'command', 'invalid'],
    samples: text('*3\r\n$4\r\nAUTH\r\n$9\r\nann-cache\r\n$4\r\npass\r\n', '*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$9\r\nann-cache\r\n$0\r\n\r\n', 'AUTH "ann \\x41\\"" \'it\\\'s\'\r\n', '\r\n*0\r\n*-1\r\nPING\n', `*2\r\n$4\r\nAUTH\r\n$16384\r\n${'x'.repeat(16384)}\r\n`),
    read(bytes) {
      const command = readCommand(bytes);
      if (command.kind === 'invalid') assert.ok(encodeError('ERR', command.problem).indexOf('\n') > 0);
      if (command.kind !== 'command') return command;
      assert.ok(command.args.length >= 1 && command.args.length <= 10);
      const login = readLogin(command.args);
      assert.ok(['login', 'other', 'error'].includes(login.kind));
      return command;
    },
  },
  {
    name: 'PROXY header', cap: 4096, kinds: ['incomplete', 'none', 'proxied', 'local', 'invalid'],
    samples: [...text('PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n', 'PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 1 65535\r\n', 'PROXY UNKNOWN\r\n'), v2(0x20, 0, Buffer.alloc(0)), v2(0x21, 0x11, Buffer.alloc(12, 9)), v2(0x21, 0x21, Buffer.alloc(60, 7)), v2(0x21, 0x31, Buffer.alloc(216))],
    read: readProxyHeader,
  },
  {
    name: 'first bytes', cap: 8, kinds: ['incomplete', 'tls', 'http', 'postgresql', 'redis', 'unknown'],
    samples: text('\x16\x03', '*3', 'GET ', 'OPTIONS ', '\0\0\0\x08\x04\xd2', '\0\0\0\x38\0\x03'),
    read: (bytes) => ({ kind: guessProtocol(bytes) }),
  },
];

/** The answer as soon as there is one, when bytes come up to each of `ends` in turn. */
function feed({ read }: Parser, bytes: Buffer, ends: Iterable<number>): Result {
  for (const end of ends) {
    const result = read(bytes.subarray(0, end));
    if (result.kind !== 'incomplete') return result;
  }
  return read(bytes);
}

for (const parser of PARSERS) {
  test(`${parser.name}: cut off anywhere it is incomplete, and whatever follows it changes nothing`, () => {
    for (const sample of parser.samples) {
      const whole = parser.read(sample);
      assert.ok(whole.kind !== 'incomplete' && whole.kind !== 'invalid' && (whole.size ?? sample.length) === sample.length, sample.toString('latin1'));
      for (let end = 0; end < sample.length; end += 1) assert.equal(parser.read(sample.subarray(0, end)).kind, 'incomplete', `${String(end)} bytes of ${sample.toString('latin1')}`);
      for (const tail of text('\0', '\r\n', 'x'.repeat(20_000))) assert.deepEqual(parser.read(Buffer.concat([sample, tail])), whole);
    }
  });

  test(`${parser.name}: in every two pieces, and in any number of them, it is the same`, () => {
    const random = createRandom();
    for (const sample of parser.samples) {
      const bytes = Buffer.concat([sample, Buffer.from('more')]);
      const whole = parser.read(bytes);
      for (let cut = 0; cut <= bytes.length; cut += 1) assert.deepEqual(feed(parser, bytes, [cut]), whole);
      for (let turn = 0; turn < 50; turn += 1) {
        const ends = Array.from({ length: random.between(1, 20) }, () => random.between(0, bytes.length)).sort((a, b) => a - b);
        assert.deepEqual(feed(parser, bytes, ends), whole, `seed ${String(random.seed)}: cut at ${ends.join()}`);
      }
    }
  });
}

test('the largest that is allowed may come byte by byte', { timeout: 20_000 }, () => {
  const name = Buffer.from(`${'x'.repeat(9989)}\0\0\0`);
  const packet = Buffer.concat([Buffer.from([0, 0, 0x27, 0x10, 0, 3, 0, 0]), name]);
  const bulk = (size: number): string => `$${String(size)}\r\n${'x'.repeat(size)}\r\n`;
  const sent: [number, Buffer, string][] = [
    [0, packet, 'startup'], [2, Buffer.from(`${'\n'.repeat(60)}*4\r\n${bulk(16384).repeat(3)}${bulk(16000)}`), 'command'], [2, Buffer.from(`${'x '.repeat(5)}${'y'.repeat(16000)}\n`), 'command'],
    [3, v2(0x21, 0x21, Buffer.alloc(4080)), 'proxied'],
  ];
  for (const [parser, bytes, kind] of sent) assert.equal(feed(PARSERS[parser]!, bytes, bytes.keys()).kind, kind);
});

/** Bytes and numbers at which parsers decide. */
const SHARP = [0, 1, 3, 4, 7, 8, 9, 10, 13, 0x16, 0x20, 0x22, 0x24, 0x27, 0x2a, 0x2d, 0x30, 0x31, 0x39, 0x5c, 0x7f, 0x80, 0xff];
const NUMBERS = [0, 3, 4, 7, 8, 11, 15, 16, 268, 269, 10_000, 10_001, 65_535, 2 ** 20, 2 ** 20 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 196_608, 196_610, 80_877_102, 80_877_103];

function mutate(random: Random, samples: readonly Buffer[]): Buffer {
  let bytes = Buffer.from(random.pick(samples)!);
  if (random.between(0, 30) === 0) return bytes.fill(0).map(() => random.between(0, 255)) as Buffer;
  for (let left = random.between(1, 4); left > 0; left -= 1) {
    const at = random.between(0, bytes.length);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const length = random.between(1, 8);
    switch (random.between(0, 8)) {
      case 0: if (at < bytes.length) bytes[at]! ^= 1 << random.between(0, 7); break;
      case 1: if (at < bytes.length) bytes[at] = random.pick(SHARP)!; break;
      case 2: bytes = Buffer.concat([before, Buffer.from(Array.from({ length }, () => random.pick(SHARP)!)), after]); break;
      case 3: bytes = Buffer.concat([before, after.subarray(length)]); break;
      case 4: bytes = Buffer.from(before); break;
      case 5: bytes = Buffer.concat([before, after.subarray(0, length), after]); break;
      case 6: bytes = Buffer.concat([before, random.pick(samples)!.subarray(random.between(0, 20))]); break;
      case 7: if (at + 4 <= bytes.length) bytes.writeUInt32BE(random.pick(NUMBERS)!, at); break;
      case 8: if (random.between(0, 200) === 0) bytes = Buffer.concat([before, Buffer.alloc(random.between(4000, 70_000), random.pick(SHARP)), after]); break;
    }
  }
  return bytes;
}

test(`${String(MUTATIONS)} mutated inputs: no throw, no size beyond the end, nothing open beyond the cap, and no change of mind`, () => {
  const random = createRandom();
  const seen = new Map<string, number>();
  for (let done = 0; done < MUTATIONS; done += 1) {
    const parser = PARSERS[done % PARSERS.length]!;
    const bytes = mutate(random, parser.samples);
    try {
      const result = parser.read(bytes);
      seen.set(`${parser.name}: ${result.kind}`, (seen.get(`${parser.name}: ${result.kind}`) ?? 0) + 1);
      assert.ok(parser.kinds.includes(result.kind), result.kind);
      if (result.size !== undefined) assert.ok(result.size > 0 && result.size <= Math.min(bytes.length, parser.cap), `size ${String(result.size)}`);
      if (result.kind === 'incomplete') assert.ok(bytes.length < parser.cap, 'still incomplete');
      const early = parser.read(bytes.subarray(0, random.between(0, bytes.length)));
      assert.ok(early.kind === 'incomplete' || isDeepStrictEqual(early, result), `${JSON.stringify(early)} became ${JSON.stringify(result)}`);
    } catch (error) {
      throw new Error(`Seed ${String(random.seed)} (repeat: DBMAKER_TEST_SEED=${String(random.seed)}), ${parser.name}, mutation ${String(done)}: ${bytes.toString('hex')}`, { cause: error });
    }
  }
  // The mutations reach every answer that there is.
  if (MUTATIONS >= 100_000) for (const { name, kinds } of PARSERS) for (const kind of kinds) assert.ok(seen.has(`${name}: ${kind}`), `${name} was never ${kind}`);
});
