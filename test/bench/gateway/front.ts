/** The peers that stand in front of the very same sockets: nginx stream and HAProxy, one process each, as plain as one would write them. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort } from '../../support/ports.ts';
import { temporaryDirectory } from '../../support/tmp.ts';
import { waitFor } from '../../support/wait.ts';
import { listenersOf } from '../processes.ts';
import { supervise } from '../supervised.ts';
import type { Family } from '../peers.ts';
import { FAMILIES } from './ways.ts';

/** PEM: the chain and its key. */
export interface Certificate {
  readonly chain: string;
  readonly key: string;
}

export type Sockets = Readonly<Record<Family, string>>;

/** Loopback ports, plain or TLS, to each family's socket. */
export interface Front extends AsyncDisposable {
  readonly ports: Readonly<Record<Family, number>>;
}

interface Plan {
  readonly directory: string;
  readonly sockets: Sockets;
  readonly ports: Readonly<Record<Family, number>>;
  readonly tls: boolean;
}

const ALPN = { postgresql: 'postgresql', redis: '' };

function nginxConfiguration({ directory, sockets, ports, tls }: Plan): string {
  const server = (family: Family): string => {
    const alpn = tls && ALPN[family] !== '' ? `ssl_alpn ${ALPN[family]};` : '';
    return `server { listen 127.0.0.1:${ports[family]}${tls ? ' ssl' : ''} backlog=4096; ${alpn} proxy_pass unix:${sockets[family]}; proxy_timeout 1h; tcp_nodelay on; }`;
  };
  return `
daemon off; worker_processes 1; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${directory}/nginx.pid; error_log stderr;
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
events { worker_connections 20000; }
stream {
  ${tls ? `ssl_certificate ${directory}/chain.pem; ssl_certificate_key ${directory}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;` : ''}
  ${FAMILIES.map(server).join('\n  ')}
}
`;
}

function haproxyConfiguration({ directory, sockets, ports, tls }: Plan): string {
  const proxy = (family: Family): string => {
    const alpn = ALPN[family] === '' ? '' : `alpn ${ALPN[family]}`;
    return `
listen ${family}
  bind 127.0.0.1:${ports[family]} ${tls ? `ssl crt ${directory}/both.pem ${alpn}` : ''}
  server instance unix@${sockets[family]}`;
  };
  return `
global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
${FAMILIES.map(proxy).join('\n')}
`;
}

const PROGRAMS = {
  nginx: { write: nginxConfiguration, argv: (file: string, directory: string) => ['nginx', '-e', 'stderr', '-p', directory, '-c', file] },
  haproxy: { write: haproxyConfiguration, argv: (file: string) => ['haproxy', '-db', '-q', '-f', file] },
};

/** @throws Error with what it said when it does not listen within ten seconds */
export async function startFront(kind: keyof typeof PROGRAMS, sockets: Sockets, certificate: Certificate | null): Promise<Front> {
  await using stack = new AsyncDisposableStack();
  const { path: directory } = stack.use(await temporaryDirectory('front'));
  const ports = { postgresql: await freePort(), redis: await freePort() };
  if (certificate !== null) {
    const { chain, key } = certificate;
    for (const [name, text] of Object.entries({ chain, key, both: `${chain}\n${key}` })) await writeFile(path.join(directory, `${name}.pem`), text, { mode: 0o600 });
  }
  const { write, argv } = PROGRAMS[kind];
  const file = path.join(directory, `${kind}.conf`);
  await writeFile(file, write({ directory, sockets, ports, tls: certificate !== null }));
  const [program = kind, ...rest] = argv(file, directory);
  const running = stack.use(supervise(program, rest, { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` }));
  for (const family of FAMILIES) {
    await waitFor(async () => (await listenersOf(ports[family])).length > 0, { what: `${kind} to listen`, intervalMs: 50, explain: running.output });
  }
  const kept = stack.move();
  return { ports, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
