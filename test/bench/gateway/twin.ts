/** A container with the very options of one of ours and a copy of its data, that nobody but Docker looks after. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import path from 'node:path';
import { ensureDocker } from '../../support/docker.ts';
import { run } from '../../support/run.ts';
import { temporaryDirectory } from '../../support/tmp.ts';
import { execute } from '../execute.ts';

export interface Twin extends AsyncDisposable {
  readonly name: string;
  /** Where its socket appears. */
  readonly runDirectory: string;
}

interface Inspected {
  readonly Config: Readonly<Record<string, unknown>>;
  readonly HostConfig: Readonly<Record<string, unknown>> & { readonly Mounts: readonly { readonly Source: string }[] };
}

/** @param instance directory of the original, which has to be stopped: half-written data would have to be recovered at each start */
export async function makeTwin(id: string, instance: string): Promise<Twin> {
  const engine = await ensureDocker();
  await using stack = new AsyncDisposableStack();
  const { path: directory } = stack.use(await temporaryDirectory('twin'));
  await execute('cp', ['-a', path.join(instance, 'data'), path.join(instance, 'run'), directory]);
  const container = (await execute('docker', ['ps', '-aq', '--filter', `label=dbmaker.instance=${id}`])).trim();
  const [original] = JSON.parse(await execute('docker', ['inspect', container])) as Inspected[];
  if (original === undefined) throw new Error(`There is no container of ${id}`);
  const mounts = original.HostConfig.Mounts.map((mount) => ({ ...mount, Source: mount.Source.replace(instance, directory) }));
  const name = `dbmaker-bench-${randomBytes(4).toString('hex')}`;
  stack.defer(async () => {
    await run('docker', ['rm', '-f', '-v', name]);
  });
  // Without our labels: it is none of ours.
  await post(engine, `/containers/create?name=${name}`, { ...original.Config, Labels: {}, HostConfig: { ...original.HostConfig, Mounts: mounts } });
  const kept = stack.move();
  return { name, runDirectory: path.join(directory, 'run'), [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function post(socketPath: string, target: string, body: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: target, method: 'POST', headers: { host: 'docker', 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => (response.statusCode === 201 ? resolve() : reject(new Error(`Docker said ${response.statusCode ?? '?'}: ${text}`))));
    });
    asked.once('error', reject);
    asked.end(JSON.stringify(body));
  });
}
