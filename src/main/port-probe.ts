import { createServer } from 'node:net';

/** Whether nothing on this host listens on `port` at the address where the gateway will: tried by binding it. */
export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
