import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions, defineConfig } from 'vite';
import { isolationHeaders, noCdn, ORT_CONDITION, pagePolicy, runtimeFiles } from './scripts/vite-plugins.ts';

export default defineConfig({
  plugins: [svelte(), runtimeFiles(), pagePolicy(), noCdn()],
  resolve: { conditions: [ORT_CONDITION, ...defaultClientConditions] },
  worker: { format: 'es', plugins: () => [noCdn()] },
  build: { target: 'es2023', sourcemap: false, chunkSizeWarningLimit: 4000, assetsInlineLimit: 0 },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
});
