/** Stories that shrink: known attacks, each in all its forms, between what people do anyway. */

import fc from 'fast-check';
import { attacksOnAmounts } from './attacks-on-amounts.ts';
import { attacksOnWords } from './attacks-on-words.ts';
import { parts, type Step } from './steps.ts';

const attacks = { ...attacksOnWords, ...attacksOnAmounts };
export type Attack = keyof typeof attacks;
export const attackNames = Object.keys(attacks) as Attack[];

const attacksOf = (name: Attack): (readonly Step[])[] =>
  attacks[name].map((steps) => [{ do: 'attack', name }, ...steps]);
/** Each by itself, in all its forms. */
export const everyAttack = attackNames.flatMap(attacksOf);
const attack: fc.Arbitrary<readonly Step[]> = fc
  .constantFrom(...attackNames)
  .chain((name) => fc.constantFrom(...attacksOf(name)));

const { oddOpen, review, merge, apply, dispatch, other, days, ordinary } = parts;

export const story: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: attack },
      { weight: 4, arbitrary: ordinary },
      { weight: 1, arbitrary: fc.tuple(oddOpen, review, review, merge, apply) },
      { weight: 2, arbitrary: fc.tuple(apply) },
      { weight: 3, arbitrary: days },
      { weight: 1, arbitrary: fc.tuple(dispatch) },
      { weight: 1, arbitrary: fc.tuple(review) },
      { weight: 3, arbitrary: fc.tuple(other) },
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.flat());
