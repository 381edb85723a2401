/**
 * Where the repository is and which version this is, said once: by `repository` and `version` of package.json. Everything else that names
 * them is written from there.
 */

interface PackageJson {
  readonly version: string;
  readonly repository: { readonly url: string };
  readonly [field: string]: unknown;
}

/** What stands before an owner, in files for people and for programs; a bare `X/tollgate` is as often a folder or a ref. */
const named = /((?:\bgithub\.com\/|\bio\.github\.|\buses: |\brepository: |\bghcr\.io\/))[\w-]+(?=\/tollgate(?![\w-]))/g;

/** As long as nobody has published it. */
export const noOwner = 'OWNER';

export function ownerOf(packageText: string): string {
  const { url } = (JSON.parse(packageText) as PackageJson).repository;
  const owner = /^git\+https:\/\/github\.com\/([\w-]+)\/tollgate\.git$/.exec(url)?.[1];
  if (owner === undefined)
    throw new Error(`repository.url of package.json is ${url}, not git+https://github.com/…/tollgate.git`);
  return owner;
}

/** The address of every page, badge, `uses:` and name in a registry. */
export function nameOwner(text: string, owner: string): string {
  return text.replace(named, (_, before: string) => `${before}${owner}`);
}

export function nameInPackage(packageText: string): string {
  return nameOwner(packageText, ownerOf(packageText));
}

/** What is told to the registry of MCP servers. */
export function nameInRegistration(serverText: string, packageText: string): string {
  const { version } = JSON.parse(packageText) as PackageJson;
  return nameOwner(serverText, ownerOf(packageText)).replace(/("version": )"[^"]*"/g, `$1"${version}"`);
}
