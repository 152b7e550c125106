import { spawn } from 'node:child_process';

const LIMIT_MS = 90_000;
const MAX_OUTPUT = 200 * 1024 * 1024;

export interface Run {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** Default: ours. */
  readonly cwd?: string;
  /** Called once it runs, to send it a signal. */
  readonly started?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs a program to its end. @returns what it printed. @throws Error with `stderr` when it fails */
export function program(file: string, argv: readonly string[], { env = {}, input, cwd, started }: Run = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, argv, { ...(cwd === undefined ? {} : { cwd }), env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const out: Buffer[] = [];
    let size = 0;
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_OUTPUT) out.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    child.stdin.on('error', () => undefined).end(input);
    child.once('spawn', () => started?.((signal) => void child.kill(signal)));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const stdout = Buffer.concat(out).toString('latin1');
      if (code === 0) resolve(stdout);
      else reject(Object.assign(new Error(`${file} ended with ${code ?? signal ?? '?'}`), { stderr: `${stderr}${stdout.slice(-2000)}` }));
    });
  });
}
