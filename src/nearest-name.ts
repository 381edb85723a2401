import { closest, distance } from 'fastest-levenshtein';

/** The known name that a misspelt one most likely stands for; undefined when none is near enough to be worth a guess. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  // Longer than any name there is: not worth the time that a distance takes.
  if (known.length === 0 || name.length > 100) return undefined;
  const lower = name.toLowerCase().replaceAll('-', '_');
  const plain = known.map((candidate) => candidate.toLowerCase().replaceAll('-', '_'));
  // Two letters in the wrong order are one slip, which the distance counts twice.
  const swapped = plain.findIndex((candidate) => isSwapped(lower, candidate));
  if (swapped !== -1) return known[swapped];
  const best = closest(lower, plain);
  return distance(lower, best) <= Math.max(1, Math.floor(best.length / 3)) ? known[plain.indexOf(best)] : undefined;
}

function isSwapped(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  return at !== -1 && a.slice(at + 2) === b.slice(at + 2) && a[at] === b[at + 1] && a[at + 1] === b[at];
}

/** `; did you mean "x"?` or nothing, to end a message with. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}
