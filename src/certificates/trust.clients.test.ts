import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { Redis } from 'ioredis';
import pg from 'pg';
import postgres from 'postgres';
import { createClient } from 'redis';
import { quietLog } from '../../test/support/quiet-log.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import type { TemporaryDirectory } from '../../test/support/tmp.ts';
import { INSIDE, startTlsServer } from '../../test/support/tls-server.ts';
import type { TlsServer } from '../../test/support/tls-server.ts';
import type { Certificates } from '../domain/ports/certificates.ts';
import { systemClock } from '../main/clock.ts';
import { openCertificates } from './index.ts';

const DOMAIN = 'db.localhost';
const NAME = `alice-postgres.${DOMAIN}`;
/** One label too many for a wildcard, and another domain. */
const WRONG = [`a.b.${DOMAIN}`, 'alice-postgres.example.com'];
const PGJDBC = '/usr/share/java/postgresql.jar';

let home: TemporaryDirectory;
let certificates: Certificates;
let server: TlsServer;
let ca: string;

before(async () => {
  home = await temporaryDirectory('clients');
  certificates = await openCertificates({ home: home.path, domain: DOMAIN, files: null, clock: systemClock, log: quietLog });
  server = await startTlsServer(() => certificates.current.context);
  ca = path.join(home.path, 'certificates', 'ca.pem');
});
after(async () => {
  certificates.stop();
  await server[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

/** All that a program prints, however it ends. */
function say(program: string, argv: readonly string[], input = '', env: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(program, argv, { timeout: 60_000, env: { ...process.env, ...env } }, (_error, stdout, stderr) => resolve(stdout + stderr));
    child.stdin?.end(input);
  });
}

const openssl = (name: string, ...more: string[]): Promise<string> =>
  say('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-servername', name, '-verify_hostname', name, '-verify_return_error', '-x509_strict', '-CAfile', ca, ...more]);

describe('clients that verify the certificate of the local authority', () => {
  it('psql: verify-full accepts the name, the bare domain and this machine; refuses other names and another authority', async () => {
    const psql = (host: string, root: string): Promise<string> =>
      say('psql', [`host=${host} hostaddr=127.0.0.1 port=${server.port} user=x dbname=x sslmode=verify-full sslrootcert=${root}`, '-c', 'select 1']);
    for (const name of [NAME, DOMAIN, 'localhost', '127.0.0.1']) assert.match(await psql(name, ca), new RegExp(INSIDE), name);
    for (const name of WRONG) assert.match(await psql(name, ca), /does not match host name/, name);
    await using other = await temporaryDirectory('clients');
    const others = await openCertificates({ home: other.path, domain: DOMAIN, files: null, clock: systemClock, log: quietLog });
    others.stop();
    assert.match(await psql(NAME, path.join(other.path, 'certificates', 'ca.pem')), /certificate verify failed/);
  });

  it('psycopg and redis-py', async () => {
    const python = (name: string): Promise<string> => say('/usr/bin/python3', ['-c', PYTHON, ca, String(server.port), name]);
    assert.match(await python(NAME), new RegExp(`redis: ${INSIDE}\n.*FATAL:  ${INSIDE}`));
    for (const name of WRONG) assert.match(await python(name), /redis: .*Hostname mismatch[\s\S]*does not match host name/, name);
  });

  it('openssl, by the letter of RFC 5280', async () => {
    assert.match(await openssl(NAME), /Verify return code: 0 \(ok\)/);
    for (const name of WRONG) assert.match(await openssl(name), /hostname mismatch/, name);
  });

  it('curl', async () => {
    const curl = (name: string): Promise<string> => say('curl', ['-sS', '--noproxy', '*', '--cacert', ca, '--resolve', `${name}:${server.port}:127.0.0.1`, `https://${name}:${server.port}/`]);
    assert.match(await curl(NAME), new RegExp(INSIDE));
    for (const name of WRONG) assert.match(await curl(name), /no alternative certificate subject name matches/, name);
  });

  it('redis-cli, which looks at the authority only', async () => {
    const cli = (root: string): Promise<string> => say('redis-cli', ['-h', '127.0.0.1', '-p', String(server.port), '--tls', '--cacert', root, '--sni', NAME, 'ping']);
    assert.match(await cli(ca), new RegExp(INSIDE));
    const leaf = path.join(home.path, 'not-the-authority.pem');
    await writeFile(leaf, tls.rootCertificates[0] ?? '');
    assert.match(await cli(leaf), /certificate verify failed/);
  });

  it('pg, postgres.js, ioredis and node-redis', async () => {
    const tlsOptions = (servername: string): tls.ConnectionOptions => ({ ca: certificates.authority ?? '', servername });
    const login = { host: '127.0.0.1', port: server.port, user: 'x', database: 'x' };
    const clients: Record<string, (name: string) => Promise<unknown>> = {
      pg: async (name) => {
        const client = new pg.Client({ ...login, ssl: tlsOptions(name) });
        client.on('error', () => undefined);
        await client.connect();
      },
      postgres: async (name) => {
        const sql = postgres({ ...login, ssl: tlsOptions(name) });
        try {
          await sql`select 1`;
        } finally {
          await sql.end({ timeout: 0 });
        }
      },
      ioredis: async (name) => {
        const client = new Redis({ host: '127.0.0.1', port: server.port, tls: tlsOptions(name), lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false });
        let said: Error | undefined;
        client.on('error', (error: Error) => (said = error));
        try {
          await client.connect();
          await client.ping();
        } catch (error) {
          throw said ?? error;
        } finally {
          client.disconnect();
        }
      },
      redis: async (name) => {
        const client = createClient({ socket: { host: '127.0.0.1', port: server.port, tls: true, ...tlsOptions(name), reconnectStrategy: false } });
        client.on('error', () => undefined);
        try {
          await client.connect();
          await client.ping();
        } finally {
          client.destroy();
        }
      },
    };
    for (const [library, connect] of Object.entries(clients)) {
      await assert.rejects(connect(NAME), new RegExp(INSIDE), library);
      for (const name of WRONG) await assert.rejects(connect(name), /does not match certificate's altnames/, `${library} ${name}`);
    }
  });

  it('Java: PostgreSQL\'s driver, and its own check of host names', async () => {
    const source = path.join(home.path, 'Check.java');
    await writeFile(source, JAVA);
    const hosts = path.join(home.path, 'hosts');
    await writeFile(hosts, [NAME, ...WRONG].map((name) => `127.0.0.1 ${name}\n`).join(''));
    const said = await say('java', [`-Djdk.net.hosts.file=${hosts}`, '-cp', PGJDBC, source, ca, String(server.port), NAME, ...WRONG]);
    assert.deepEqual(said.split('\n').filter((line) => /^\S+ (jsse|jdbc) /.test(line)).map((line) => line.replace(/accepted.*/, 'accepted').replace(/refused.*(name|matching).*/i, 'refused for its name')), [
      `${NAME} jsse accepted`, `${NAME} jdbc accepted`,
      ...WRONG.flatMap((name) => [`${name} jsse refused for its name`, `${name} jdbc refused for its name`]),
    ], said);
  });
});

describe('what the context speaks', () => {
  it('TLS 1.2 and 1.3, neither 1.1 nor 1.0', async () => {
    for (const version of ['1_2', '1_3']) assert.match(await openssl(NAME, `-tls${version}`), /Verify return code: 0/, version);
    for (const version of ['1_1', '1']) assert.match(await openssl(NAME, `-tls${version}`, '-cipher', 'ALL:@SECLEVEL=0'), /alert protocol version/, version);
  });

  it('no cipher without forward secrecy or authentication, and no renegotiation', async () => {
    assert.match(await openssl(NAME, '-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA'), /alert handshake failure/);
    assert.match(await openssl(NAME, '-tls1_2', '-cipher', 'ECDHE+AESGCM'), /Cipher is ECDHE-ECDSA-AES128-GCM-SHA256/);
    assert.match(await openssl(NAME, '-tls1_2'), /Secure Renegotiation IS supported/); // the extension that says it is understood (RFC 5746)
    assert.match(await say('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-tls1_2'], 'R\n'), /RENEGOTIATING[\s\S]*no renegotiation/);
  });
});

const PYTHON = `
import socket, sys, psycopg, redis
ca, port, name = sys.argv[1:]
real = socket.getaddrinfo # names below .localhost resolve only on some machines
socket.getaddrinfo = lambda host, *rest: real('127.0.0.1' if host == name else host, *rest)
try: redis.Redis(host=name, port=int(port), ssl=True, ssl_ca_certs=ca, ssl_check_hostname=True).ping()
except Exception as e: print('redis:', e)
try: psycopg.connect(host=name, hostaddr='127.0.0.1', port=port, user='x', sslmode='verify-full', sslrootcert=ca)
except Exception as e: print(e)
`;

const JAVA = `
import java.io.FileInputStream; import java.net.Socket; import java.security.KeyStore; import java.security.cert.CertificateFactory; import java.sql.*; import javax.net.ssl.*;
public class Check {
  public static void main(String[] a) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(a[0])));
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    int port = Integer.parseInt(a[1]);
    for (int i = 2; i < a.length; i++) {
      try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(new Socket("127.0.0.1", port), a[i], port, true)) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        System.out.println(a[i] + " jsse accepted");
      } catch (SSLException e) { System.out.println(a[i] + " jsse refused " + e.getMessage()); }
      try {
        DriverManager.getConnection("jdbc:postgresql://" + a[i] + ":" + port + "/x?user=x&sslmode=verify-full&sslrootcert=" + a[0]);
      } catch (SQLException e) { System.out.println(a[i] + " jdbc " + (e.getMessage().contains("${INSIDE}") ? "accepted" : "refused " + e.getMessage())); }
    }
  }
}`;
