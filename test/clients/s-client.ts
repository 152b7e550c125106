import { outcome, type Outcome, type Target } from './client.ts';
import { program } from './program.ts';

/** openssl s_client: TLS with the name checked, then bytes by hand. */
export const sClient = (target: Target, said: string): Promise<Outcome> => outcome(() => program('/usr/bin/openssl', [
  's_client', '-quiet', '-connect', `${target.address}:${target.port}`, '-servername', target.hostname, '-verify_hostname', target.hostname, '-verify_return_error', '-CAfile', target.ca,
], { input: said }));
