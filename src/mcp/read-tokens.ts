/** Who may ask over the network: names and their tokens, from a file that nobody else can read. */

import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../errors.ts';

export interface NamedToken {
  readonly name: string;
  readonly token: string;
}

const shortestToken = 32;

/** A name and a token a line; `#` begins a comment. Nothing of a token is repeated. @throws UserError */
export async function readTokens(path: string): Promise<readonly NamedToken[]> {
  const text = await readSecretFile(path);
  const tokens = text.split('\n').flatMap((line, index): NamedToken[] => {
    const said = line.trim();
    if (said === '' || said.startsWith('#')) return [];
    const [name = '', token = '', ...rest] = said.split(/\s+/);
    const where = `--tokens ${path}: line ${index + 1}`;
    if (!/^[\w.@-]{1,64}$/.test(name) || rest.length > 0) throw new UserError(`${where}: write a name and a token`);
    if (token.length < shortestToken)
      throw new UserError(`${where}: the token of ${name} is shorter than ${shortestToken} characters`);
    return [{ name, token }];
  });
  if (tokens.length === 0)
    throw new UserError(`--tokens ${path}: it names nobody`, {
      hint: 'Write a line for each caller: a name and a token.',
    });
  const twice = tokens.find(({ name, token }, index) =>
    tokens.some((other, at) => at < index && (other.name === name || other.token === token)),
  );
  if (twice !== undefined) throw new UserError(`--tokens ${path}: ${twice.name}, or its token, is there twice`);
  return tokens;
}

async function readSecretFile(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    // Windows has no such bits, and shows all of them as those of the owner.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new UserError(`--tokens ${path}: others on this machine can read it`, { hint: `chmod 600 ${path}` });
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `--tokens ${path}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : 'it cannot be read'}`,
      { cause: error },
    );
  }
}
