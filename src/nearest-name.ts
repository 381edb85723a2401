import { closest, distance } from 'fastest-levenshtein';

/** The known name that was probably meant, or null when none is near enough to be worth a guess. */
export function nearestName(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const best = closest(
    name.toLowerCase(),
    known.map((candidate) => candidate.toLowerCase()),
  );
  const original = known.find((candidate) => candidate.toLowerCase() === best);
  if (original === undefined) return null;
  return distance(name.toLowerCase(), best) <= Math.max(2, Math.floor(name.length / 3)) ? original : null;
}

/** `; did you mean "x"?` or nothing, to end a message with. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === null ? '' : `; did you mean "${nearest}"?`;
}
