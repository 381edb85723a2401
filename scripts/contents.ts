/** The table of contents of a page: its headings of the second level. */

export function renderContents(page: string): string {
  return headingsOf(page)
    .map((heading) => `- [${heading}](#${anchorOf(heading)})`)
    .join('\n');
}

function headingsOf(page: string): readonly string[] {
  const prose = page.replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
}

/** As GitHub makes them of headings. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
