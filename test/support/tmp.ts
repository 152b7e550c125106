import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/**
 * A new directory that is gone, with all in it, when the `await using` that holds it ends.
 * `open`: others than us may enter it (mkdtemp makes it 0700), e.g. an unprivileged PostgreSQL.
 */
export async function temporaryDirectory(name = 'test', options: { open?: boolean } = {}): Promise<TemporaryDirectory> {
  const directory = await mkdtemp(path.join(tmpdir(), `dbm-${name}-`));
  if (options.open) await chmod(directory, 0o755);
  return { path: directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }) };
}
