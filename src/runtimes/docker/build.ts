import { readdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { OnProgress } from '../../domain/ports/runtime.ts';
import type { DockerContext } from './context.ts';
import { asRuntimeError, fromWords } from './errors.ts';
import { readJsonLines } from './json-lines.ts';
import { OFFLINE_BASE, ONLINE_BASE } from './own-images.ts';
import { hasImage, pullImage } from './pull.ts';

interface BuildLine {
  readonly stream?: string;
  readonly error?: string;
}

const KEPT_LINES = 15;
const REMEDY = 'run: npm run images -- --offline';

/** Builds one of ours from its directory, on the base that is here or can be pulled. @throws image_build_failed */
export async function buildImage(context: DockerContext, { image, directory }: { image: string; directory: string }, onProgress: OnProgress, signal: AbortSignal): Promise<void> {
  const { client } = context;
  const base = await findBase(context, image, onProgress, signal);
  onProgress({ step: 'image', message: `Building ${image}` });
  const files = await readdir(directory).catch((error: unknown) => {
    throw new DbmakerError('image_build_failed', `The files that ${image} is built from are missing.`, { cause: error, remedy: 'Start from a complete copy of DbMaker.' });
  });
  const tail: string[] = [];
  try {
    const stream = await client.open('build the image', (abortSignal) => client.docker.buildImage({ context: directory, src: files }, {
      t: image, buildargs: { BASE: base }, rm: true, forcerm: true, abortSignal,
    }), { timeoutMs: 60_000, signal });
    for await (const line of readJsonLines<BuildLine>(stream as Readable)) {
      if (line.error !== undefined) throw buildError(image, line.error, tail);
      if (line.stream !== undefined) report(image, line.stream, tail, onProgress);
    }
  } catch (error) {
    if (signal.aborted) throw new DbmakerError('cancelled', `The build of ${image} was cancelled.`, { cause: error });
    throw isDbmakerError(error) ? error : asRuntimeError(error, 'build the image', client.address);
  }
  if (!await hasImage(context, image)) throw buildError(image, 'it is still missing after the build', tail);
}

async function findBase(context: DockerContext, image: string, onProgress: OnProgress, signal: AbortSignal): Promise<string> {
  for (const base of [OFFLINE_BASE, ONLINE_BASE]) {
    if (await hasImage(context, base)) return base;
  }
  try {
    await pullImage(context, ONLINE_BASE, onProgress, signal);
    return ONLINE_BASE;
  } catch (error) {
    if (!isDbmakerError(error, 'image_missing')) throw error;
    throw new DbmakerError('image_build_failed', `The image ${image} is not on this host, and its base ${ONLINE_BASE} cannot be pulled. To make both from Debian's packages, ${REMEDY}`, {
      cause: error, remedy: REMEDY, retryAfterMs: 30_000,
    });
  }
}

function report(image: string, text: string, tail: string[], onProgress: OnProgress): void {
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    tail.push(line.trim());
    if (tail.length > KEPT_LINES) tail.shift();
    const [, step, steps] = /^Step (\d+)\/(\d+) /.exec(line) ?? [];
    if (step !== undefined && steps !== undefined) {
      onProgress({ step: 'image', message: `Building ${image}: step ${step} of ${steps}`, fraction: (Number(step) - 1) / Number(steps) });
    }
  }
}

function buildError(image: string, words: string, tail: readonly string[]): DbmakerError {
  const known = fromWords(words, 'build the image');
  if (known.code === 'disk_full') return known;
  return new DbmakerError('image_build_failed', `The image ${image} could not be built: ${words}\n${tail.join('\n')}`.trim(), {
    remedy: `Check that the Docker Engine reaches Debian's packages; then ${REMEDY}`,
  });
}
