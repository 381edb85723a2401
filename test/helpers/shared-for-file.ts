/** What the tests of a file share and one of them has started: it ends with the file. Vitest runs this module before each file. */

import { afterAll } from 'vitest';
import { takeShared } from './shared.ts';

afterAll(async () => {
  for (const close of takeShared()) await close();
});
