import type { Connection } from '../../api/types';
import { masked } from './masked';

const connection: Connection = {
  status: 'running', host: 'h', port: 1, hostname: 'n', hostnamePort: null, directHost: 'h', directPort: 1, username: 'ann', password: 'se/cret', database: '0',
  connectionString: 'redis://ann:se%2Fcret@h:1/0', clients: { env: 'REDIS_URL=redis://ann:se%2Fcret@h:1/0', cli: "redis-cli --pass 'se/cret'" },
};

describe('a masked connection', () => {
  it('has the password nowhere, also not encoded', () => {
    const text = JSON.stringify(masked(connection));
    expect(text).not.toContain('se/cret');
    expect(text).not.toContain('se%2Fcret');
    expect(masked(connection).connectionString).toBe('redis://ann:••••••••@h:1/0');
  });

  it('is as it was where there is no password', () => expect(masked({ ...connection, password: '' }).connectionString).toBe(connection.connectionString));
});
