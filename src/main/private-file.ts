import { open, readFile, rename } from 'node:fs/promises';
import { ifThere } from '../domain/absent.ts';

/** Text of a file, null where there is none. */
export async function readIfThere(file: string): Promise<string | null> {
  return ifThere(readFile(file, 'utf8'));
}

/** Whole or not at all, readable by nobody else. */
export async function writePrivate(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
