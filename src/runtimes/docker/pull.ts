import type { Readable } from 'node:stream';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { OnProgress } from '../../domain/ports/runtime.ts';
import type { DockerContext } from './context.ts';
import { asRuntimeError, fromWords, statusOf, wordsOf } from './errors.ts';
import { readJsonLines } from './json-lines.ts';

interface PullLine {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** The registry may be slow to answer for the first time. */
const HEAD_TIMEOUT_MS = 60_000;

export async function hasImage({ client }: DockerContext, image: string): Promise<boolean> {
  try {
    await client.call('look at the image', () => client.docker.getImage(image).inspect());
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** @throws image_missing: it does not exist, is private, or no registry answers */
export async function pullImage(context: DockerContext, image: string, onProgress: OnProgress, signal: AbortSignal): Promise<void> {
  const { client } = context;
  onProgress({ step: 'image', message: `Pulling ${image}` });
  try {
    // Without a tag the engine would pull all there are.
    const stream = await client.open('pull the image', (abortSignal) => client.docker.pull(withTag(image), { abortSignal }), { timeoutMs: HEAD_TIMEOUT_MS, signal });
    const layers = new Map<string, { current: number; total: number }>();
    for await (const line of readJsonLines<PullLine>(stream as Readable)) {
      if (line.error !== undefined) throw pullError(image, line.error);
      report(image, line, layers, onProgress);
    }
  } catch (error) {
    if (signal.aborted) throw new DbmakerError('cancelled', `The pull of ${image} was cancelled.`, { cause: error });
    if (isDbmakerError(error, 'runtime_failed') || isDbmakerError(error, 'image_missing')) throw pullError(image, wordsOf(error), error);
    throw isDbmakerError(error) ? error : asRuntimeError(error, 'pull the image', client.address);
  }
  if (!await hasImage(context, image)) throw pullError(image, 'it is still missing after the pull');
}

function report(image: string, { id, status, progressDetail }: PullLine, layers: Map<string, { current: number; total: number }>, onProgress: OnProgress): void {
  const known = id === undefined ? undefined : layers.get(id);
  if (id !== undefined && status === 'Downloading' && progressDetail?.total !== undefined) {
    layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total });
  } else if (known !== undefined && status === 'Download complete') {
    known.current = known.total;
  } else {
    return;
  }
  const sum = { current: 0, total: 0 };
  for (const layer of layers.values()) {
    sum.current += layer.current;
    sum.total += layer.total;
  }
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  const message = `Pulling ${image}: ${megabytes(sum.current)} of ${megabytes(sum.total)} MB`;
  onProgress({ step: 'image', message, ...(sum.total > 0 ? { fraction: Math.min(1, sum.current / sum.total), bytes: sum.current, totalBytes: sum.total } : {}) });
}

function pullError(image: string, words: string, cause?: unknown): DbmakerError {
  if (/manifest unknown|not found|does not exist|access denied|unauthorized|invalid reference/i.test(words)) {
    return new DbmakerError('image_missing', `The image ${image} does not exist in its registry, or it is not public.`, {
      cause: cause ?? new Error(words), remedy: 'Check the name and tag of the image in the template.',
    });
  }
  if (/no such host|timeout|timed out|connection refused|network is unreachable|no route to host|TLS handshake|deadline exceeded|server misbehaving|EOF/i.test(words)) {
    return new DbmakerError('image_missing', `The image ${image} is not on this host, and its registry does not answer.`, {
      cause: cause ?? new Error(words), remedy: 'Check the network, or bring the image here: docker load < file', retryAfterMs: 30_000,
    });
  }
  const known = fromWords(words, `pull ${image}`, cause);
  return known.code === 'runtime_failed' ? new DbmakerError('image_missing', `The image ${image} could not be pulled: ${words}`, { cause }) : known;
}

/** `redis` -> `redis:latest`; a tag or digest stays. A colon before a slash belongs to the registry's port. */
export function withTag(image: string): string {
  return /[:@]/.test(image.slice(image.lastIndexOf('/') + 1)) || image.includes('@') ? image : `${image}:latest`;
}
