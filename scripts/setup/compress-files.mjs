import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const WORTH_IT = /\.(js|css|svg)$/;

/** Puts `x.js.br` and `x.js.gz` beside each `x.js`: compressed once, as well as it goes, and not for each request. Not the page: each answer has another nonce. */
export function compressFiles(folder) {
  for (const name of readdirSync(folder).filter((file) => WORTH_IT.test(file))) {
    const content = readFileSync(path.join(folder, name));
    writeFileSync(path.join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
    writeFileSync(path.join(folder, `${name}.br`), brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }));
  }
}
