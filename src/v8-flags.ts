import { setFlagsFromString } from 'node:v8';

/**
 * What V8 is told of this kind of work. An unknown flag is ignored by a later V8; figures are in docs/performance.md.
 *
 * Collect garbage when the heap has grown by a fifth, and not only when it has doubled or more: a plan over 100,000 resources
 * throws away more than it keeps, and this takes a quarter off its peak in the same time.
 *
 * Translate the parser of HTTP answers (undici's, which is WebAssembly) for speed only after dozens of answers. V8 would do so after
 * the first few, and its one large function takes longer than all else that a small plan does with its answers.
 */
export function setEngineFlags(): void {
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--wasm-tiering-budget=2000000000');
}
