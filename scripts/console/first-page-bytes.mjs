import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** Scripts and styles that the page names, compressed as they are sent. What it then loads for a route is not in it. */
export function firstPageBytes(folder) {
  const html = readFileSync(path.join(folder, 'index.html'), 'utf8');
  const files = new Set([...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, file]) => file));
  return [...files].reduce((sum, file) => sum + statSync(path.join(folder, `${file}.gz`)).size, 0);
}
