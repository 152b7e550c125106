/** What a real client of a database is asked to do, whichever it is. */
import { isIP } from 'node:net';

export interface Target {
  /** Name in TLS; where it is an address, none is sent. */
  readonly hostname: string;
  /** What it resolves to. */
  readonly address: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Of PostgreSQL. */
  readonly database: string;
  /** `verify`: TLS, with the name and the authority checked. */
  readonly tls: 'off' | 'verify';
  /** File of the authority. */
  readonly ca: string;
  /** Of PostgreSQL. */
  readonly options?: string;
  /** More of them, as psql, psycopg or pgjdbc call them; undefined: not the one that it would have. */
  readonly settings?: Readonly<Record<string, string | undefined>>;
}

/** `shown`: what the person sees of an error. */
export type Outcome = { readonly ok: true; readonly output: string } | { readonly ok: false; readonly shown: string };

export interface Client {
  readonly name: string;
  /** PostgreSQL: `select 'answer-' || 41 + 1`; Redis: SET and GET. The output holds `answer-42`. */
  ask(target: Target): Promise<Outcome>;
  /** So many bytes there and back; the output holds both lengths: `up 50000000 down 50000000`. */
  bulk(target: Target, bytes: number): Promise<Outcome>;
}

export interface PostgresqlClient extends Client {
  /** Runs `select pg_sleep(30)` and cancels it as this client does, at the latest when `running` resolves; what is shown of the cancelled query. */
  cancel(target: Target, running: () => Promise<unknown>): Promise<Outcome>;
}

export interface RedisClient extends Client {
  /** Subscribes, publishes, and pops a value that comes while it waits; the output holds `heard hello popped item`. */
  talk(target: Target): Promise<Outcome>;
}

/** For Node's TLS: an address is no server name. */
export const servername = (hostname: string): { servername?: string } => (isIP(hostname) === 0 ? { servername: hostname } : {});

export async function outcome(work: () => Promise<string>): Promise<Outcome> {
  try {
    return { ok: true, output: await work() };
  } catch (error) {
    return { ok: false, shown: wordsOf(error) };
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(wordsOf).join('\n');
  const { message, stderr, code, hint, cause } = error as Error & { stderr?: string; code?: string; hint?: string };
  return [stderr ?? message, code, hint, cause === undefined ? '' : wordsOf(cause)].filter((word) => typeof word === 'string' && word !== '').join(' ');
}
