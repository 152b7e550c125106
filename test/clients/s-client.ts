import { outcome, type Outcome, type Target } from './client.ts';
import { program } from './program.ts';

/** openssl s_client: TLS with the name checked, then bytes by hand. */
export const sClient = (target: Target, said: string | Buffer, more: readonly string[] = []): Promise<Outcome> => run(target, said, ['-quiet', ...more]);

/** What it says of the handshake alone: version, and whether it trusts the certificate. It leaves at once. */
export const sClientReport = (target: Target, more: readonly string[] = []): Promise<Outcome> => run(target, '', more);

const run = ({ address, port, hostname, ca }: Target, input: string | Buffer, more: readonly string[]): Promise<Outcome> => outcome(() => program('/usr/bin/openssl', [
  's_client', '-connect', `${address}:${port}`, '-servername', hostname, '-verify_hostname', hostname, '-verify_return_error', '-CAfile', ca, ...more,
], { input }));
