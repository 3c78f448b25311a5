import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: a name is what a reader searches for.',
};
const noProcessExit = {
  selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
  message:
    'Set process.exitCode and return: an exit here drops output that is still being written.',
};
const noLeftOutTests = {
  selector:
    'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(skip|only|todo|failing)$/]',
  message: 'A test runs or it is deleted.',
};

const config = defineConfig([
  globalIgnores(['dist/', 'coverage/', 'examples/']),
  {
    // A rule that is wrong is changed here, for everybody, with its reason; not silenced in place.
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' },
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // `as const` stays; every other assertion is a claim that the compiler cannot check.
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers print as they are meant to; anything else is converted on purpose.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Collaborators are records of closures, not objects with a `this` that could get lost.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { caughtErrors: 'all' }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
      'no-restricted-syntax': ['error', noDefaultExport, noProcessExit],
      'max-lines': ['error', 250],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      // One screen.
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['__tests__/**/*.ts'],
    rules: {
      // A table of cases is long, and reads no worse for it.
      'max-lines': 'off',
      'no-restricted-syntax': ['error', noDefaultExport, noProcessExit, noLeftOutTests],
    },
  },
  {
    // Programs for a terminal: printing is what they do, and ending at a signal.
    files: ['e2e/**/*.ts', 'bench/**/*.ts', 'scripts/*.ts'],
    rules: { 'no-console': 'off', 'no-restricted-syntax': ['error', noDefaultExport] },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: { module: 'writable', process: 'readonly', URL: 'readonly' } },
  },
]);

export { config as default };
