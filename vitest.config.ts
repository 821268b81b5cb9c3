import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { CHROMIUM_ARGS, findChromium } from './scripts/chromium.mjs';
import { wat } from './scripts/wat.ts';
import { isolationHeaders, ORT_CONDITION, runtimeFiles } from './scripts/vite-plugins.ts';

const executablePath = process.env['WINNOW_NODE_ONLY'] ? null : findChromium();

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [wat()],
        test: {
          name: 'node',
          environment: 'node',
          include: ['tests/{unit,contract,loop}/**/*.test.ts'],
          testTimeout: 60_000,
          // The default leaves a core free: half of the machine where there are two.
          maxWorkers: '100%',
        },
      },
      {
        plugins: [svelte(), runtimeFiles(), wat()],
        resolve: { conditions: [ORT_CONDITION, ...defaultClientConditions] },
        worker: { format: 'es', plugins: () => [wat()] },
        server: { headers: isolationHeaders },
        optimizeDeps: { include: ['@tensorflow/tfjs', 'comlink', 'idb', 'fflate', 'papaparse', 'valibot'] },
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { ...(executablePath ? { executablePath } : {}), args: CHROMIUM_ARGS },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
