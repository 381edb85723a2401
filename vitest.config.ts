import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/helpers/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/temporary-folder.ts', 'test/helpers/another-git.ts'],
    setupFiles: ['test/helpers/shared-for-file.ts'],
    // Modules are read once by a worker and not once a file, which would take a third of the time: nothing that a test leaves behind
    // lives in a module, and what helpers start ends with the test (onTestFinished).
    isolate: false,
    // Stories with real Git start hundreds of processes; on a busy machine that takes its time.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    // A worker that has read everything takes seconds to end where others want the processor; the default complains after ten.
    teardownTimeout: 60_000,
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
  },
});
