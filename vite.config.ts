import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { isolationHeaders, runtimeFiles } from './scripts/vite-plugins.ts';

export default defineConfig({
  plugins: [svelte(), runtimeFiles()],
  worker: { format: 'es', plugins: () => [runtimeFiles()] },
  build: { target: 'es2023', sourcemap: false, chunkSizeWarningLimit: 4000 },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
});
