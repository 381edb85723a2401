/** Numbers and ids that look random and are the same on every run with the same seed. Pure. */

/** In [0, 1). */
export type Random = () => number;

/** mulberry32: small, even enough for ids and fault rolls, and no secret depends on it. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** FNV-1a: spreads texts that differ in one character over all seeds. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash;
}

const hexDigits = '0123456789abcdef';

export function buildHex(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += hexDigits[Math.floor(random() * 16)] ?? '0';
  return text;
}

/** A UUID of version 4 by its looks. */
export function buildUuid(random: Random): string {
  const hex = buildHex(random, 32);
  const variant = '89ab'[Math.floor(random() * 4)] ?? '8';
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** 28 characters: gateways drop keys above 50. */
export function buildSecret(random: Random): string {
  let text = '';
  while (text.length < 28) text += secretAlphabet[Math.floor(random() * secretAlphabet.length)] ?? 'A';
  return text;
}
