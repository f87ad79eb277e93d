import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Files that decide what data means: same arguments, same result. They reach for nothing outside. */
const pureFiles = [
  'processor-service/src/core/**/*.ts',
  'ingest-service/src/verify.ts',
  'ingest-service/src/envelope.ts',
];

const impureImports = [
  'kafkajs',
  'express',
  'avsc',
  'pino',
  'prom-client',
  'lmdb',
  '@clickhouse/client',
  'p-retry',
  'commander',
];

const impureGlobals = ['Date', 'process', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'performance', 'console'];

export default defineConfig(
  { ignores: ['**/node_modules/**', '.landed/**', '.stack/**', '**/*.gen.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', setTimeout: 'readonly', URL: 'readonly' } },
  },
  {
    files: pureFiles,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: impureImports.map((name) => ({ name, message: 'The core is pure: pass it in.' })),
          patterns: [{ group: ['node:*', '../task/*', '../warehouse/*', '../log/*'], message: 'The core is pure: pass it in.' }],
        },
      ],
      'no-restricted-globals': ['error', ...impureGlobals.map((name) => ({ name, message: 'The core is pure: pass it in.' }))],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'The core is pure.' }],
    },
  },
  {
    // verify.ts and envelope.ts hash and compare bytes: node:crypto is pure for that use.
    files: ['ingest-service/src/verify.ts', 'ingest-service/src/envelope.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: impureImports, patterns: [{ regex: '^node:(?!crypto$)', message: 'Only node:crypto here.' }] },
      ],
    },
  },
  {
    files: ['**/src/**/*.ts'],
    ignores: ['**/config.ts', '**/main.ts', '**/commands/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only config.ts and main.ts read the environment.',
        },
      ],
    },
  },
  {
    files: ['**/test/**/*.ts', '**/*.test.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  prettier,
);
