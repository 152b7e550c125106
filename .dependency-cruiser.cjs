/**
 * Who may import whom: the table of AGENTS.md, enforced. Unit tests (`*.test.ts`) may import everything.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const code = (path) => ({ path, pathNot: '\\.test\\.ts$' });
/** A folder of src that may import the domain and itself, nothing else of ours. */
const border = (folder) => ({
  name: `${folder}-imports-domain-only`,
  comment: `src/${folder} sees the domain and itself; everything else is handed in by src/main.`,
  severity: 'error',
  from: code(`^src/${folder}/`),
  to: { path: '^src/', pathNot: `^src/(domain|${folder})/` },
});
/** Siblings of one kind (engines, runtimes) do not know each other; what they share lies beside them. */
const siblings = (folder) => ({
  name: `${folder}-do-not-know-each-other`,
  comment: `One folder of src/${folder} never imports another; shared code lies in src/${folder}/ itself or src/${folder}/shared/.`,
  severity: 'error',
  from: code(`^src/${folder}/([^/]+)/`),
  to: { path: `^src/${folder}/[^/]+/`, pathNot: `^src/${folder}/($1|shared)/` },
});
const library = (name, folder) => ({
  name: `${name}-only-in-${folder.replaceAll('/', '-')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: [`^src/${folder}/`, '\\.test\\.ts$'] },
  to: { path: `^node_modules/${name}/` },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'A file that nobody imports and that is no entry is dead.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: ['\\.test\\.ts$', '^src/main/', '\\.d\\.ts$'] },
      to: {},
    },
    { name: 'not-to-test', severity: 'error', from: code('^src/'), to: { path: ['^test/', '\\.test\\.ts$'] } },
    { name: 'not-to-scripts', severity: 'error', from: code('^src/'), to: { path: '^scripts/' } },
    { name: 'not-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'not-to-dev-dependency', severity: 'error', from: code('^src/'),
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
    },
    { name: 'not-to-undeclared', severity: 'error', from: { path: '^(src|test)/' }, to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] } },
    { name: 'domain-imports-nothing-of-ours', severity: 'error', from: code('^src/domain/'), to: { path: '^src/', pathNot: '^src/domain/' } },
    {
      name: 'domain-does-no-io', comment: 'Types of node: modules are fine in a port; calling them is not. Pure ones are listed.', severity: 'error',
      from: code('^src/domain/'),
      to: { dependencyTypes: ['core', 'npm'], dependencyTypesNot: ['type-only'], pathNot: '^(node:)?(path|path/posix|crypto)$' },
    },
    ...['config', 'store', 'runtimes', 'engines', 'net', 'gateway', 'certificates', 'backups', 'workers', 'api', 'issuer'].map(border),
    ...['runtimes', 'engines'].map(siblings),
    library('dockerode', 'runtimes/docker'),
    library('kysely', 'store'),
    library('fastify', 'api'),
    library('@peculiar/x509', 'certificates'),
    library('oidc-provider', 'issuer'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
