import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Stories with real Git start hundreds of processes; on a busy machine that takes its time.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    maxWorkers: '100%',
  },
});
