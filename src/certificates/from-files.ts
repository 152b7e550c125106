import { readFile, stat } from 'node:fs/promises';
import { DbmakerError } from '../domain/errors.ts';
import type { Certificates, Presented } from '../domain/ports/certificates.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { present } from './context.ts';
import { BadPair, readPair } from './pair.ts';
import type { ReadPair } from './pair.ts';
import { repeat } from './repeat.ts';
import type { TicketKeys } from './ticket-keys.ts';

const POLL_MS = 5000;
const DAY_MS = 86_400_000;
const END_WARNING_MS = 14 * DAY_MS;

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface FromFilesOptions {
  readonly files: CertificateFiles;
  readonly domain: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly ticketKeys: TicketKeys;
}

interface Loaded {
  readonly presented: Presented;
  readonly pair: ReadPair;
  /** Of the files when they were read. */
  readonly state: string;
}

/**
 * The certificate that an admin or a tool such as certbot keeps in two files. They are looked at every few seconds by their state, as
 * watching a directory misses what is done to a symlink further along (certbot, Kubernetes). While a tool is between the two files, the
 * last good pair stays in use.
 * @throws DbmakerError invalid_configuration naming the variable
 */
export async function openFromFiles(options: FromFilesOptions): Promise<Certificates> {
  const { files, clock, log } = options;
  let loaded: Loaded;
  try {
    loaded = await load(options);
  } catch (error) {
    throw startFailure(error, files);
  }
  let told = judge(loaded, options);
  let bad = false;

  const stop = repeat(clock, () => POLL_MS, async () => {
    try {
      if (bad || (await stateOf(files)) !== loaded.state) {
        const before = loaded.pair.leaf.fingerprint256;
        loaded = await load(options);
        bad = false;
        if (loaded.pair.leaf.fingerprint256 !== before) {
          log.info({ ...files, names: loaded.presented.names, notAfter: new Date(loaded.presented.notAfter).toISOString() }, 'new connections get the new TLS certificate');
          told = judge(loaded, options);
        }
      }
    } catch (error) {
      // Said once: a tool may be between the two files, and each next look says the same until it is done.
      if (!bad) log.warn({ ...files, reason: reasonOf(error, files) }, 'the TLS certificate was changed to one that cannot be used; the one before stays in use');
      bad = true;
    }
    if (clock.now() - told > DAY_MS) told = judge(loaded, options);
  });
  return { get current() { return loaded.presented; }, authority: null, stop };
}

async function load({ files, ticketKeys }: FromFilesOptions): Promise<Loaded> {
  const state = await stateOf(files); // before reading: what changes meanwhile is seen by the next look
  const certificate = await accessed('certificate', readFile(files.certFile, 'utf8'));
  const pair = readPair({ certificate, key: files.keyFile === files.certFile ? certificate : await accessed('key', readFile(files.keyFile, 'utf8')) });
  return { presented: present(pair, ticketKeys), pair, state };
}

/** Whatever changes when a file is written or replaced by another; symlinks are followed. */
async function stateOf({ certFile, keyFile }: CertificateFiles): Promise<string> {
  const states = await Promise.all([accessed('certificate', stat(certFile, { bigint: true })), accessed('key', stat(keyFile, { bigint: true }))]);
  return states.map(({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(':')).join(' ');
}

async function accessed<T>(part: BadPair['part'], access: Promise<T>): Promise<T> {
  try {
    return await access;
  } catch (error) {
    throw new BadPair(part, `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`, error);
  }
}

/** Says what clients will not like about a certificate that is used all the same. @returns when */
function judge({ pair, presented }: Loaded, { domain, files, clock, log }: FromFilesOptions): number {
  const now = clock.now();
  const fields = { certFile: files.certFile, names: presented.names, notAfter: new Date(presented.notAfter).toISOString() };
  if (presented.notAfter <= now) log.error(fields, 'the TLS certificate has EXPIRED: clients that verify it refuse to connect. Renew DBMAKER_TLS_CERT; it is picked up by itself');
  else if (presented.notAfter - now < END_WARNING_MS) log.warn(fields, 'the TLS certificate expires within two weeks');
  if (pair.leaf.validFromDate.getTime() > now) log.warn(fields, 'the TLS certificate is not valid yet: is the clock of this machine right?');
  const name = `any-name.${domain}`;
  if (pair.leaf.checkHost(name, { subject: 'never' }) === undefined) {
    log.warn(fields, `The TLS certificate is not for *.${domain} (DBMAKER_DOMAIN): clients that verify it refuse to connect`);
  }
  return now;
}

function reasonOf(error: unknown, files: CertificateFiles): string {
  if (!(error instanceof BadPair)) return error instanceof Error ? error.message : String(error);
  return `${error.part === 'key' ? files.keyFile : files.certFile} ${error.message}`;
}

function startFailure(error: unknown, files: CertificateFiles): DbmakerError {
  const variable = error instanceof BadPair && error.part === 'key' ? 'DBMAKER_TLS_KEY' : 'DBMAKER_TLS_CERT';
  const text = `${variable}: ${reasonOf(error, files)}.`;
  return new DbmakerError('invalid_configuration', text, {
    cause: error,
    fields: { [variable]: reasonOf(error, files) },
    remedy: 'DBMAKER_TLS_CERT names a PEM file with the certificate followed by those above it (certbot: fullchain.pem), DBMAKER_TLS_KEY the one with its private key, not encrypted (privkey.pem), '
      + 'both readable by the user that runs DbMaker. Leave both unset for a certificate made by DbMaker.',
  });
}
