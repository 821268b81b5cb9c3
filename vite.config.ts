import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions, defineConfig } from 'vite';
import { downloadPage } from './scripts/download-page.ts';
import { HUB } from './scripts/hub.mjs';
import { licences } from './scripts/licences.ts';
import { offlineCopy } from './scripts/offline-copy.ts';
import { isolationHeaders, noCdn, ORT_CONDITION, pagePolicy, runtimeFiles } from './scripts/vite-plugins.ts';
import { wat } from './scripts/wat.ts';

export default defineConfig({
  define: { 'import.meta.env.WINNOW_HUB': JSON.stringify(HUB) },
  plugins: [svelte(), runtimeFiles(), downloadPage(), pagePolicy(), noCdn(), licences(), wat(), offlineCopy()],
  resolve: { conditions: [ORT_CONDITION, ...defaultClientConditions] },
  worker: {
    format: 'es',
    plugins: () => [noCdn(), wat()],
    rolldownOptions: { output: { comments: { legal: false } } },
  },
  build: {
    target: 'es2023',
    sourcemap: false,
    chunkSizeWarningLimit: 4000,
    assetsInlineLimit: 0,
    rolldownOptions: { output: { comments: { legal: false } } },
  },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
});
