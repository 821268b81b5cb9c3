import js from '@eslint/js';
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** Layers: who may import whom. The message is the reason a newcomer needs. */
const layer = (files, patterns, message) => ({
  files,
  rules: {
    'no-restricted-imports': ['error', { patterns: patterns.map((group) => ({ group: [group].flat(), message })) }],
  },
});
const PURE = [
  '**/platform/**',
  '**/state/**',
  '**/ui/**',
  'svelte',
  'svelte/*',
  '@tensorflow/*',
  '@huggingface/*',
  'idb',
  'comlink',
];
const NOT = (...rooms) => rooms.map((room) => `**/${room}/**`);

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'public/', '.cache/', 'test-results/', 'playwright-report/'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs['flat/recommended'],
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      eqeqeq: ['error', 'smart'],
      'no-console': ['error', { allow: ['error'] }],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'svelte/require-each-key': 'error',
      // State holds immutable values in $state.raw and replaces them whole; deep reactive collections are not wanted.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  {
    files: ['scripts/**', 'tests/**', '*.config.*'],
    languageOptions: { globals: { ...globals.node } },
    rules: { 'no-console': 'off' },
  },
  {
    files: ['src/domain/**', 'src/strategies/**', 'src/formats/**', 'src/encoders/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['window', 'document', 'indexedDB', 'navigator', 'localStorage', 'fetch', 'self'].map((name) => ({
          name,
          message: 'This room is pure: no DOM, storage or network. Put it behind a port in loop/.',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Same seed, same picks: use a seeded Random.' },
        { object: 'Date', property: 'now', message: 'Pure rooms have no clock: take the time as an argument.' },
      ],
    },
  },
  layer(
    ['src/domain/**'],
    [[...PURE, ...NOT('strategies', 'encoders', 'formats', 'loop')]],
    'domain/ is the innermost room and imports nothing of the app.',
  ),
  layer(
    ['src/strategies/**', 'src/encoders/**', 'src/formats/**'],
    [[...PURE, ...NOT('loop')]],
    'Strategies, encoder specs and formats are pure: they import domain/ only.',
  ),
  layer(['src/loop/**'], [PURE], 'loop/ talks to the outside through its ports; adapters live in platform/.'),
  layer(
    ['src/offline/**'],
    [['../*', '../**']],
    'The service worker is a script of its own; what it says to the app is in offline/build.ts.',
  ),
  layer(
    ['src/platform/**'],
    [['**/state/**', '**/ui/**', 'svelte', 'svelte/*']],
    'Adapters implement ports; they know nothing of state or views.',
  ),
  layer(
    ['src/state/**'],
    [['**/platform/**', '**/ui/**', '@tensorflow/*', '@huggingface/*', 'idb', 'comlink']],
    'state/ is built from loop/ and its ports; compose.ts hands the adapters in.',
  ),
  layer(
    ['src/ui/**'],
    [['**/platform/**', '@tensorflow/*', '@huggingface/*', 'idb', 'comlink']],
    'Views read state/ and call its methods; they never touch an adapter.',
  ),
);
