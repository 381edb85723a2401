/** Markdown into what GitHub takes: what a reader must not miss is shortened, the rest is left out whole. */

/** GitHub refuses bodies over 65,536 characters; bytes are what some proxies count. */
export const commentBytes = 60_000;

/** A part that stays or goes as one. */
export interface Section {
  readonly body: string;
  /** What a reader misses when it is dropped, such as `12 changes in 3 workspaces`. */
  readonly counts: number;
  /** Never dropped. */
  readonly pinned?: true;
  /** What is in it, where it is to be unfolded: those that follow one another are one fold. */
  readonly fold?: string;
  /** Of a pinned one that can be long: the same in so many bytes. */
  readonly shorten?: (bytes: number) => string;
}

/** Blank line between two sections. */
const gap = 2;

export function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

export function pinned(body: string): Section {
  return { body, counts: 0, pinned: true };
}

/**
 * A pinned section that names as many of the items as there is room for.
 *
 * @param write one item as markdown
 * @param frame puts the items into the section
 */
export function pinnedList(
  items: readonly string[],
  joiner: string,
  write: (item: string) => string,
  frame: (list: string) => string = (list) => list,
): Section {
  const shorten = (bytes: number): string => frame(joinWithin(items, joiner, bytes - bytesOf(frame('')), write));
  return { body: frame(items.map(write).join(joiner)), counts: 0, pinned: true, shorten };
}

/** As many of the items as there is room for, at least the beginning of one; the rest is a number. */
export function joinWithin(
  items: readonly string[],
  joiner: string,
  bytes: number,
  write: (item: string) => string,
): string {
  const more = (count: number): string => `${joiner}… and ${count} more`;
  const room = bytes - bytesOf(more(items.length));
  const kept: string[] = [];
  let used = 0;
  for (const item of items) {
    const text = write(item);
    used += bytesOf(text) + (kept.length > 0 ? bytesOf(joiner) : 0);
    if (used > room) break;
    kept.push(text);
  }
  if (kept.length === items.length) return kept.join(joiner);
  if (kept.length === 0) kept.push(cutWithin(items[0] ?? '', room, write));
  const left = items.length - kept.length;
  return `${kept.join(joiner)}${left > 0 ? more(left) : ''}`;
}

/** The beginning of one text: cut before it is written, as markdown that is cut may say something else. */
function cutWithin(text: string, bytes: number, write: (item: string) => string): string {
  const characters = [...text];
  const shown = (count: number): string => `${write(characters.slice(0, count).join(''))}…`;
  let [fits, tooMany] = [0, characters.length + 1];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (bytesOf(shown(middle)) <= bytes) fits = middle;
    else tooMany = middle;
  }
  return shown(fits);
}

/**
 * Pinned sections share the room, the short ones whole. Of the others whole sections are left out from the bottom up until the
 * rest fits; a line says how much is missing and where it is.
 */
export function fitSections(sections: readonly Section[], footer: string, link: string, limit: number): string {
  const missing = (count: number): string => tellMissing(count, link);
  const frame = bytesOf(joinSections(sections.map((section) => ({ ...section, body: '' }))));
  const fixed = bytesOf(footer) + gap + bytesOf(missing(Number.MAX_SAFE_INTEGER)) + gap + frame;
  const stays = shortenPinned(sections, limit - fixed);
  let used = fixed + [...stays.values()].reduce((sum, body) => sum + bytesOf(body) + gap, 0);
  const kept: Section[] = [];
  let dropped = 0;
  for (const section of sections) {
    const { body, counts } = section;
    const size = bytesOf(body) + gap;
    const pinnedBody = stays.get(section);
    if (pinnedBody !== undefined) kept.push({ ...section, body: pinnedBody });
    else if (dropped === 0 && used + size <= limit) {
      kept.push(section);
      used += size;
    } else dropped += counts;
  }
  return [joinSections(kept), ...(dropped > 0 ? [missing(dropped)] : []), footer].join('\n\n');
}

/** In their order; what is to be unfolded takes one line for all that follow one another. */
export function joinSections(sections: readonly Section[]): string {
  const bodies: string[] = [];
  let folded: Section[] = [];
  const close = (): void => {
    if (folded.length === 0) return;
    const titles = folded.map(({ fold }) => fold).join(' · ');
    const inner = folded.map(({ body }) => body).join('\n\n');
    bodies.push(`<details><summary>${titles}</summary>\n\n${inner}\n\n</details>`);
    folded = [];
  };
  for (const section of sections) {
    if (section.fold !== undefined) folded.push(section);
    else {
      close();
      bodies.push(section.body);
    }
  }
  close();
  return bodies.join('\n\n');
}

function shortenPinned(sections: readonly Section[], room: number): ReadonlyMap<Section, string> {
  const bodies = new Map(sections.flatMap((one) => (one.pinned === true ? [[one, one.body] as const] : [])));
  const left = room - [...bodies.values()].reduce((sum, body) => sum + bytesOf(body) + gap, 0);
  if (left >= 0) return bodies;
  const long = [...bodies.keys()].filter(({ shorten }) => shorten !== undefined);
  const sizes = long.map(({ body }) => bytesOf(body));
  const shares = shareOut(sizes, left + sizes.reduce((sum, size) => sum + size, 0));
  for (const [index, section] of long.entries()) {
    const share = shares[index] ?? 0;
    if (share < (sizes[index] ?? 0)) bodies.set(section, section.shorten?.(share) ?? section.body);
  }
  return bodies;
}

/** Room for each of several: shortest first, as what they do not need is there for the long ones. */
export function shareOut(sizes: readonly number[], room: number): readonly number[] {
  const shares = [...sizes];
  let left = room;
  const order = [...sizes.keys()].sort((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0));
  for (const [place, index] of order.entries()) {
    const share = Math.min(sizes[index] ?? 0, Math.floor(left / (order.length - place)));
    shares[index] = share;
    left -= share;
  }
  return shares;
}

function tellMissing(count: number, link: string): string {
  return `… and ${count} more lines that do not fit here: [all of it](${link})`;
}

/** Whole lines from the top, at most so many bytes; the rest is counted. */
export function fitLines(text: string, limit: number, link: string): string {
  const lines = text.trimEnd().split('\n');
  let used = 0;
  const end = lines.findIndex((line) => {
    used += bytesOf(line) + 1;
    return used > limit;
  });
  if (end < 0) return text;
  return `${lines.slice(0, end).join('\n')}\n\n${tellMissing(lines.length - end, link)}\n`;
}

/** Rows of one table at most, so that what has no room is left out in parts. */
const rowsOfTable = 40;

export function chunk<T>(items: readonly T[], size: number = rowsOfTable): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}
