import pc from 'picocolors';
import stringWidth from 'string-width';

/** How text output may look; decided by the entry file from terminal, flags and `NO_COLOR`. */
export interface TextStyle {
  readonly color: boolean;
  /** Columns of the terminal; lines are laid out to fit where they can. */
  readonly columns: number;
}

export type Colors = ReturnType<typeof pc.createColors>;

export function colorsOf(style: TextStyle): Colors {
  return pc.createColors(style.color);
}

/** Padded to a width in terminal cells; wide characters count two. */
export function padCells(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cellsOf(text)));
}

/** Terminal cells. Most text is printable ASCII, where each character is one. */
export function cellsOf(text: string): number {
  // What fills a screen is not measured: only a stranger's text is so long, and measuring takes more than its share of time.
  return text.length > 5_000 || /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}
