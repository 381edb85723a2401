import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/another-git.ts'],
    // Stories with real Git start hundreds of processes; on a busy machine that takes its time.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    maxWorkers: '100%',
  },
});
