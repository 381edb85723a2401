/** The thread that compiles policy files for the command: `compile-aside.ts` starts it. */

import { answerCompilation } from './compile-aside.ts';

export const isDone: Promise<boolean> = answerCompilation();
