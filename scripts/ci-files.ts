/**
 * The files of CI systems that `init` writes, out of the pages that document them, so that there is one of each: `npm run generate` puts
 * them into src/ci-files.json, and a test compares.
 */

interface Source {
  /** Where the file belongs in a repository. */
  readonly path: string;
  /** The page whose first block with jobs it is. */
  readonly page: string;
}

const sources: Readonly<Record<string, Source>> = {
  github: { path: '.github/workflows/tollgate.yml', page: 'docs/github-action.md' },
};

export function renderCiFiles(read: (path: string) => string): string {
  const files = Object.entries(sources).map(([name, { path, page }]) => {
    const text = [...read(page).matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)]
      .map(([, block = '']) => block)
      .find((block) => /^jobs:/m.test(block));
    if (text === undefined) throw new Error(`${page} shows no workflow`);
    return [name, { path, lines: text.trimEnd().split('\n') }];
  });
  return `${JSON.stringify(Object.fromEntries(files), null, 2)}\n`;
}
