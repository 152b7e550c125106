import { documentOf, EMPTY, partsOf } from './template-values';

const FULL = {
  name: 'PostGIS', type: 'postgresql', image: 'postgis/postgis:15-3.4', defaultPort: 5432, connectionStringTemplate: 'postgresql://{username}:{password}@{subdomain}:{port}/{database}',
  description: 'Maps', version: '15', icon: 'postgresql', engine: 'postgresql', endpoint: 'socket', protocol: 'postgresql', dataPath: '/var/lib/postgresql/data', socketDirectory: '/var/run/postgresql',
  environmentVariables: { POSTGRES_USER: '{username}', A: '', B: 'x=y z' }, command: ['postgres', '-c', 'work_mem=9MB'], resources: { memory: '512MB', cpus: 0.5, pids: 100 },
  policies: { sleepAfter: '1h', ttl: 'never', allow: { ttl: '7d' } },
};

describe('the form of a template', () => {
  it('holds all of a document: nothing is lost on the way there and back', () => {
    expect(documentOf(partsOf(FULL))).toEqual(FULL);
    expect(documentOf(partsOf({ ...FULL, key: 'postgis', builtin: true, availability: null, createdAt: 'x', updatedAt: 'y' }))).toEqual(FULL);
    expect(partsOf(FULL).rest).toEqual({ policies: { allow: { ttl: '7d' } } });
  });

  it('keeps beside it what it has no field for, whatever that is', () => {
    const strange = {
      name: { first: 1 }, privileged: true, environmentVariables: { A: 1 }, command: ['a\nb', 'c'], resources: 'much', policies: { ttl: 7, more: null }, defaultPort: '80',
    };
    expect(documentOf(partsOf(strange))).toEqual({ ...strange, policies: { ttl: '7', more: null }, defaultPort: 80 });
    for (const none of [{ command: [''] }, { command: 5 }, { environmentVariables: [] }, { environmentVariables: { 'A=B': 'x' } }, { policies: null }]) expect(documentOf(partsOf(none))).toEqual(none);
  });

  it('leaves out what nobody has typed, and leaves to the server what is no number', () => {
    expect(documentOf({ values: EMPTY, rest: {} })).toEqual({});
    expect(documentOf({ values: { ...EMPTY, name: ' ', defaultPort: '80x', cpus: ' 1.5 ', pids: '0x10' }, rest: {} })).toEqual({ defaultPort: '80x', resources: { cpus: 1.5, pids: '0x10' } });
  });

  it('reads variables and arguments line by line', () => {
    expect(documentOf({ values: { ...EMPTY, environment: ' A = b\r\n\nC\nD=e=f\n', command: 'redis-server\n\n--save 60 1\r\n' }, rest: {} }))
      .toEqual({ environmentVariables: { A: ' b', C: '', D: 'e=f' }, command: ['redis-server', '--save 60 1'] });
  });
});
