import { request } from 'node:http';

/**
 * Whether a Docker Engine answers at DOCKER_HOST (unix:// or tcp://) or, without one, at /var/run/docker.sock.
 * @param {{timeoutMs?: number}} [options] default 1,500 ms
 * @returns {Promise<boolean>}
 */
export function dockerAnswers({ timeoutMs = 1_500 } = {}) {
  const target = dockerTarget(process.env.DOCKER_HOST);
  if (!target) return Promise.resolve(false);
  return new Promise((resolve) => {
    const asked = request({ ...target, path: '/_ping', timeout: timeoutMs, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy(new Error('timeout')));
    asked.on('error', () => resolve(false)); // nobody there, or not for us: same answer
    asked.end();
  });
}

/** What node:http needs to reach it; null for what we cannot speak to (ssh://, npipe://). */
function dockerTarget(host) {
  if (!host) return { socketPath: '/var/run/docker.sock' };
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  const tcp = /^(?:tcp|http):\/\/(\[[^\]]+\]|[^:/]+):(\d+)\/?$/.exec(host);
  return tcp ? { host: tcp[1].replace(/^\[|\]$/g, ''), port: Number(tcp[2]) } : null;
}
