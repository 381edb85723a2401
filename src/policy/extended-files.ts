/** `extends:` of the organisation file: the shared file's sections beneath its own. */

import { normalize } from 'node:path/posix';
import { extendedPath, extendingFiles, findExtends } from '../extended-file.ts';
import { example, say } from './advice.ts';
import { sharedKeys } from './file-keys.ts';
import type { FieldNode, MapNode, Node } from './nodes.ts';
import { parsePolicyFile } from './parse.ts';
import { expectScalar, refuseValue } from './reader.ts';
import { type Report, startOf } from './report.ts';

interface PolicyFile {
  readonly path: string;
  readonly text: string;
}

/** Maps inside one another that are joined: `review`, `guards`; `defaults`, `policies`. An entry is one thing. */
const joinedMaps = 2;

export class ExtendedFiles {
  readonly #byPath: ReadonlyMap<string, PolicyFile>;
  readonly #used = new Set<string>();

  constructor(files: readonly PolicyFile[]) {
    this.#byPath = new Map(files.map((file) => [normalize(file.path), file]));
    for (const file of files) {
      const found = this.#findFor(file);
      if (found !== undefined) this.#used.add(found.path);
    }
  }

  /** What a file says follows from its own text and that of the file that it extends. */
  keyOf(file: PolicyFile): string {
    const found = this.#findFor(file);
    return found === undefined ? file.text : `${file.text}\0${found.path}\0${found.text}`;
  }

  checkUse({ path }: PolicyFile, report: Report): void {
    if (this.#used.has(path)) return;
    const said =
      'this file holds shared defaults, and the organisation file of this directory does not extend it: name it there, or take it out';
    report('not-extended', startOf(path), said);
  }

  /** The organisation file with what it extends beneath; as it is where that is wrong, which is reported. */
  layBeneath(root: MapNode, file: PolicyFile, report: Report): MapNode {
    const field = root.fields.find(({ key }) => key === 'extends');
    const glance = findExtends(file.text);
    if (field === undefined) {
      if (glance !== null)
        report('extends-form', root.at, 'a line of this file reads like `extends:` and is none: write it otherwise');
      return root;
    }
    const expected = say`the path of a file from here, such as ${example('../shared/defaults.yaml')}`;
    const written = expectScalar(field, expected, report)?.text;
    if (written === undefined) return root;
    const name = normalize(file.path).split('/').at(-1) ?? '';
    if (written !== glance || !extendingFiles.includes(name)) {
      const said = 'has to stand on a line of its own, at the top level of `org.yaml`';
      refuseValue(field, 'extends-form', said, report);
      return root;
    }
    const found = this.#findFor(file);
    if (found === undefined || found.path === file.path) {
      const said =
        'names no file that may be shared: it is a YAML file below the top of the repository, reached without links, outside every folder that starts with a dot';
      refuseValue(field, 'extends-nothing', said, report);
      return root;
    }
    const { root: shared } = parsePolicyFile(found.text, found.path);
    // What is wrong with it is reported where it is read by itself.
    if (shared?.type !== 'map') return root;
    const kind = shared.fields.find(({ key }) => key === 'kind')?.node;
    if (kind?.type !== 'scalar' || kind.value !== 'defaults') {
      const said = 'holds no shared defaults: such a file says `kind: defaults`';
      refuseValue(field, 'extends-nothing', said, report);
      return root;
    }
    return join(
      root,
      { ...shared, fields: shared.fields.filter(({ key }) => Object.hasOwn(sharedKeys, key)) },
      joinedMaps + 1,
    );
  }

  #findFor(file: PolicyFile): PolicyFile | undefined {
    const written = findExtends(file.text);
    return written === null ? undefined : this.#byPath.get(extendedPath(file.path, written));
  }
}

/** What the upper map says itself wins. */
function join(upper: MapNode, lower: MapNode, depth: number): MapNode {
  const below = new Map(lower.fields.map((field) => [field.key, field]));
  const own = upper.fields.map((field): FieldNode => {
    const other = below.get(field.key);
    below.delete(field.key);
    return other === undefined ? field : { ...field, node: joinNodes(field.node, other.node, depth - 1) };
  });
  return { ...upper, fields: [...own, ...below.values()] };
}

function joinNodes(upper: Node, lower: Node, depth: number): Node {
  return depth > 0 && upper.type === 'map' && lower.type === 'map' ? join(upper, lower, depth) : upper;
}
