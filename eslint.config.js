// Lint rules: they are here to catch faults (lost promises, hidden time and environment, imports across borders), not taste.
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Time and environment come in through ports and Config: that is what makes the code testable and its inputs visible. */
const clockInstead = 'Use the Clock port.';
const hiddenTime = [
  { object: 'Date', property: 'now', message: clockInstead },
  { object: 'AbortSignal', property: 'timeout', message: 'Use deadline() of src/domain/deadline.ts.' },
  // Of any object: a socket's own is a timer too.
  { property: 'setTimeout', message: clockInstead },
  { property: 'setInterval', message: clockInstead },
];
const hiddenInputs = {
  'no-restricted-globals': ['error',
    { name: 'setTimeout', message: clockInstead },
    { name: 'setInterval', message: clockInstead },
    { name: 'fetch', message: 'Nothing in src calls out over HTTP.' },
  ],
  'no-restricted-properties': ['error',
    { object: 'process', property: 'env', message: 'Only src/config reads the environment.' },
    { object: 'process', property: 'exit', message: 'Only src/main ends the process.' },
    ...hiddenTime,
  ],
  'no-restricted-syntax': ['error',
    { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: clockInstead },
  ],
  'no-console': 'error',
};

const restrictedImports = (...extra) => ['error', {
  paths: [
    { name: 'node:timers', message: clockInstead },
    { name: 'node:timers/promises', message: clockInstead },
    { name: 'node:process', importNames: ['env', 'exit'], message: 'Only src/config reads the environment, only src/main ends the process.' },
    ...extra,
  ],
}];
const onlyIn = (name, folder) => ({ name, message: `Only ${folder} knows this library.` });
const dockerode = onlyIn('dockerode', 'src/runtimes/docker');
const libraries = [onlyIn('kysely', 'src/store'), onlyIn('node:sqlite', 'src/store'), onlyIn('fastify', 'src/api')];

export default defineConfig(
  { ignores: ['node_modules/', 'artifacts/', '.cache/', 'console/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { boolean: true, string: true } }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true }],
      // node:test reports by itself: its promise need not be awaited.
      '@typescript-eslint/no-floating-promises': ['error', {
        allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach'] }],
      }],
      // Taste, not faults:
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // An `async` method without `await` is how a port's method turns a throw into a rejection.
      '@typescript-eslint/require-await': 'off',
      'no-control-regex': 'off', // NUL and friends are what the validators look for
      eqeqeq: 'error',
      'no-useless-assignment': 'off', // wrong about assignments in try inside a loop
      'no-self-compare': 'error',
      'no-unmodified-loop-condition': 'error',
      'require-atomic-updates': 'off', // reports every awaited assignment to a property, right or wrong
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      'max-len': ['error', { code: 200, ignoreUrls: true, ignoreRegExpLiterals: true, ignoreStrings: true, ignoreTemplateLiterals: true }],
    },
  },
  { files: ['src/**/*.ts'], ignores: ['**/*.test.ts'], rules: { ...hiddenInputs, 'no-restricted-imports': restrictedImports(dockerode, ...libraries) } },
  { files: ['src/runtimes/docker/**/*.ts'], rules: { 'no-restricted-imports': restrictedImports(...libraries) } },
  { files: ['src/store/**/*.ts', 'src/api/**/*.ts'], rules: { 'no-restricted-imports': restrictedImports(dockerode) } },
  {
    // The composition roots end the process and hand process.env to readConfig.
    files: ['src/main/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-properties': ['error', ...hiddenTime], 'no-restricted-imports': restrictedImports() },
  },
  // Asks the issuer that the configuration names for its keys: the one call over HTTP that is no webhook.
  { files: ['src/api/sign-in/discovery.ts'], rules: { 'no-restricted-globals': 'off' } },
  // The clock itself.
  { files: ['src/main/clock.ts'], rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' } },
  { files: ['src/config/**/*.ts'], rules: { 'no-restricted-properties': ['error', ...hiddenTime] } },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: {
      'no-console': 'error',
      // Answers are read as they come and asserted on: a wrong guess about their shape is a failed test.
      ...Object.fromEntries(['assignment', 'member-access', 'argument', 'call', 'return'].map((kind) => [`@typescript-eslint/no-unsafe-${kind}`, 'off'])),
      '@typescript-eslint/no-unnecessary-condition': 'off', // narrowing does not see what an await changed
      'no-unmodified-loop-condition': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off', // a failed assumption is a failed test
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(['process', 'console', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'fetch', 'Buffer', 'URL',
        'AbortController', 'AbortSignal', 'module', 'structuredClone', 'SuppressedError', 'performance', 'TextDecoder'].map((name) => [name, 'readonly'])),
    },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }], 'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }] },
  },
);
