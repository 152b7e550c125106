/** Databases with everything in them that people put there, and the look whether all of it is there. */
import assert from 'node:assert/strict';
import type { ConnectionView } from '../../../src/api/schemas/instance.ts';
import { withPostgresql, withRedis } from '../../support/clients.ts';

/** One of everything: a table of some size, another role that owns things and can log in, sequences, large objects, all kinds of text, another database. */
export async function fillPostgresql(login: ConnectionView): Promise<void> {
  await withPostgresql(login, async (client) => {
    for (const sql of [
      `CREATE ROLE "Reader's, ""quoted""" LOGIN PASSWORD 'grüße'`, 'CREATE ROLE writers NOLOGIN', `GRANT writers TO "Reader's, ""quoted"""`,
      'CREATE SCHEMA "grüße"', `CREATE TABLE "grüße"."Tabelle ☃" (id bigserial PRIMARY KEY, text text NOT NULL, data jsonb, at timestamptz DEFAULT now())`,
      `INSERT INTO "grüße"."Tabelle ☃" (text, data) SELECT 'Zeile ' || n || ' äöü 漢字 😀 ' || repeat(md5(n::text), 3), jsonb_build_object('n', n) FROM generate_series(1, 5000) n`,
      'CREATE TABLE owned (n int)', 'ALTER TABLE owned OWNER TO writers', 'INSERT INTO owned VALUES (42)',
      'CREATE SEQUENCE counter START 7 INCREMENT 5', `SELECT nextval('counter'), nextval('counter')`,
      `SELECT lo_from_bytea(4711, decode(repeat('00ff10', 50000), 'hex'))`,
      `CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * n'`, 'CREATE INDEX ON "grüße"."Tabelle ☃" (text)',
      `CREATE VIEW shown AS SELECT twice(n) AS n FROM owned`, `ALTER DATABASE "${login.database}" SET statement_timeout = '7min'`,
      'CREATE DATABASE "zweite Datenbank"', `COMMENT ON TABLE owned IS 'it''s ours'`,
    ]) await client.query(sql);
  });
  await withPostgresql({ ...login, database: 'zweite Datenbank' }, async (client) => {
    await client.query('CREATE TABLE here (n int)');
    await client.query('INSERT INTO here SELECT generate_series(1, 100)');
  });
}

/** What a look at all of that says. */
export async function lookIntoPostgresql(login: ConnectionView): Promise<Record<string, unknown>> {
  const first = await withPostgresql(login, async (client) => {
    const one = async (sql: string): Promise<unknown> => Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0];
    return {
      rows: await one(`SELECT count(*) || ' ' || md5(string_agg(id || text || data::text || at::text, ',' ORDER BY id)) FROM "grüße"."Tabelle ☃"`),
      next: await one(`SELECT setval(pg_get_serial_sequence('"grüße"."Tabelle ☃"', 'id'), (SELECT last_value FROM "grüße"."Tabelle ☃_id_seq"))`),
      owner: await one(`SELECT tableowner FROM pg_tables WHERE tablename = 'owned'`),
      comment: await one(`SELECT obj_description('owned'::regclass)`),
      view: await one('SELECT n FROM shown'),
      sequence: await one('SELECT last_value || \' \' || is_called FROM counter'),
      object: await one('SELECT md5(lo_get(4711))'),
      indexes: await one(`SELECT count(*) FROM pg_indexes WHERE schemaname = 'grüße'`),
      member: await one(`SELECT pg_has_role('Reader''s, "quoted"', 'writers', 'MEMBER')`),
      timeout: await one('SHOW statement_timeout'),
      role: await one(`SELECT string_agg(rolname || rolsuper || rolcanlogin, ',' ORDER BY rolname) FROM pg_roles WHERE rolname !~ '^(pg|dbmaker)_'`),
    };
  });
  const second = await withPostgresql({ ...login, database: 'zweite Datenbank' }, async (client) => (await client.query('SELECT sum(n) AS sum FROM here')).rows);
  const other = await withPostgresql({ ...login, username: `Reader's, "quoted"`, password: 'grüße' }, async (client) => (await client.query('SELECT current_user AS me, n FROM owned')).rows);
  return { ...first, second, other };
}

export async function fillRedis(login: ConnectionView): Promise<void> {
  await withRedis(login, async (client) => {
    for (let start = 0; start < 20_000; start += 1000) {
      const pipeline = client.pipeline();
      for (let n = start; n < start + 1000; n += 1) pipeline.set(`key:${String(n)}`, `value ${String(n)} äöü`);
      await pipeline.exec();
    }
    await client.set(Buffer.from([0, 255, 10, 13]), Buffer.from([1, 0, 254, 13, 10]));
    await client.hset('hash', { 'feld ☃': 'wert', other: '2' });
    await client.rpush('list', 'a', 'b', 'c');
    await client.zadd('scores', 1.5, 'one', 2.5, 'two');
    await client.xadd('stream', '*', 'field', 'entry');
    await client.set('mortal', 'still', 'EX', 100_000);
    await client.select(3);
    await client.set('elsewhere', 'in database 3');
  });
}

export async function lookIntoRedis(login: ConnectionView): Promise<Record<string, unknown>> {
  return withRedis(login, async (client) => {
    const ttl = await client.ttl('mortal');
    assert.ok(ttl > 90_000 && ttl <= 100_000, `ttl ${String(ttl)}`);
    const seen = {
      size: await client.dbsize(), first: await client.get('key:0'), last: await client.get('key:19999'), bytes: (await client.getBuffer(Buffer.from([0, 255, 10, 13])))?.toString('hex'),
      hash: await client.hgetall('hash'), list: await client.lrange('list', 0, -1), scores: await client.zrange('scores', '0', '-1', 'WITHSCORES'), stream: await client.xrange('stream', '-', '+'),
    };
    await client.select(3);
    return { ...seen, elsewhere: await client.get('elsewhere') };
  });
}
