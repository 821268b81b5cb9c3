import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions, defineConfig } from 'vite';
import { isolationHeaders, ORT_CONDITION, pagePolicy, runtimeFiles } from './scripts/vite-plugins.ts';

export default defineConfig({
  plugins: [svelte(), runtimeFiles(), pagePolicy()],
  resolve: { conditions: [ORT_CONDITION, ...defaultClientConditions] },
  worker: { format: 'es' },
  build: { target: 'es2023', sourcemap: false, chunkSizeWarningLimit: 4000, assetsInlineLimit: 0 },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
});
