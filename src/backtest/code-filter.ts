/** Whether the value of a row's column is let in, judged once for each value. */

import type { RowBatch } from '../logs/row-batch.ts';
import type { RowWords } from './rows.ts';

export class CodeFilter {
  readonly column: string;
  readonly #words: RowWords;
  readonly letsIn: (value: string) => boolean;
  /** By code: 0 not judged yet, 1 let in, 2 kept out. */
  #verdicts = new Uint8Array(256);
  #codes: Int32Array | undefined;

  constructor(column: string, words: RowWords, letsIn: (value: string) => boolean) {
    this.column = column;
    this.#words = words;
    this.letsIn = letsIn;
  }

  /** Before the rows of a chunk. */
  open(rows: RowBatch): void {
    this.#codes = rows.dims[this.column];
  }

  /** A row without a value is kept out, whatever the condition says. */
  passes(row: number): boolean {
    const code = this.#codes === undefined ? -1 : (this.#codes[row] as number);
    if (code < 0) return false;
    const verdict = this.#verdicts[code];
    return verdict === 1 || (verdict !== 2 && this.#judge(code));
  }

  #judge(code: number): boolean {
    if (code >= this.#verdicts.length) {
      const grown = new Uint8Array(Math.max(2 * this.#verdicts.length, code + 1));
      grown.set(this.#verdicts);
      this.#verdicts = grown;
    }
    const value = this.#words[this.column]?.[code];
    const isIn = value !== undefined && value !== '' && this.letsIn(value);
    this.#verdicts[code] = isIn ? 1 : 2;
    return isIn;
  }
}
