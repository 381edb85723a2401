import { z } from 'zod';
import {
  type AppliedRecord,
  appliedRecordSchema,
  claimSchema,
  recordedOutcomeSchema,
  recordedWorkspaceSchema,
} from '../plan/applied-record.ts';
import { renderStableJson } from '../stable-json.ts';
import { corrupt, parseStored, parseStoredJson, upgradeDocument, upgradeEntries } from './parse-record.ts';
import { type RecordSummary, summarySchema } from './summary.ts';

/**
 * A record as the files of a Git tree, so that `git log -p` of its ref reads as an audit trail:
 *
 *     record.json               who, when, what commit, which settings; `documents` names the files below, in order
 *     organisation.json         entries of the organisation itself
 *     workspaces/<slug>.json    entries of one workspace
 *     outcomes.json             what became of each change
 *     claim.json                while an apply is under way
 *     seal.json                 by whose key it was written
 *     policies/<path>           the policy files as applied
 */
export type TreeFiles = ReadonlyMap<string, string>;

const policiesFolder = 'policies/';

/** Whether a tree of ours may hold a file of this path. */
export function isRecordPath(path: string): boolean {
  return /^(?:(?:record|organisation|outcomes|claim|seal)\.json|workspaces\/[^/]+\.json|policies\/.+)$/.test(path);
}

const headSchema = appliedRecordSchema
  .omit({ workspaces: true, outcomes: true, files: true, claim: true })
  .extend({ documents: z.array(z.string()) });
const outcomesSchema = z.array(recordedOutcomeSchema);

export function renderTree(record: AppliedRecord): TreeFiles {
  const { workspaces, outcomes, files, claim, ...head } = record;
  const tree = new Map<string, string>();
  const documents = workspaces.map((workspace) => {
    const path = workspace.slug === null ? 'organisation.json' : `workspaces/${workspace.slug}.json`;
    // Ours to get right: the planner makes one document a workspace.
    if (tree.has(path) || !isSafePath(path) || path.split('/').length > 2) throw new Error(`cannot record ${path}`);
    tree.set(path, renderStableJson(workspace));
    return path;
  });
  tree.set('record.json', renderStableJson({ ...head, documents }));
  tree.set('outcomes.json', renderStableJson(outcomes));
  if (claim !== undefined) tree.set('claim.json', renderStableJson(claim));
  for (const [path, text] of Object.entries(files)) {
    if (!isSafePath(path)) throw new Error(`cannot record a policy file at ${JSON.stringify(path)}`);
    tree.set(policiesFolder + path, text);
  }
  return tree;
}

/** `where` is the ref, for messages. Files that are not part of a record are left alone: a README on an orphan branch. */
export function parseTree(tree: TreeFiles, where: string): AppliedRecord {
  const readDocument = (path: string): unknown => {
    const text = tree.get(path);
    if (text === undefined) throw corrupt(`${path} of ${where}`, 'the file is missing');
    return parseStoredJson(text, `${path} of ${where}`);
  };
  const readAs = <T>(schema: z.ZodType<T>, path: string): T =>
    parseStored(schema, readDocument(path), `${path} of ${where}`);

  const headName = `record.json of ${where}`;
  const { documents, ...head } = parseStored(
    headSchema,
    upgradeDocument(readDocument('record.json'), headName),
    headName,
  );
  const listed = new Set(documents);
  for (const path of tree.keys()) {
    if (!isSafePath(path)) throw corrupt(`${JSON.stringify(path)} of ${where}`, 'such a path is not allowed');
    if (/^(?:workspaces\/.*|organisation\.json)$/.test(path) && !listed.has(path)) {
      throw corrupt(`${path} of ${where}`, 'record.json does not name it');
    }
  }
  const files = [...tree].filter(([path]) => path.startsWith(policiesFolder));
  return upgradeEntries({
    ...head,
    workspaces: documents.map((path) => readAs(recordedWorkspaceSchema, path)),
    outcomes: readAs(outcomesSchema, 'outcomes.json'),
    files: Object.fromEntries(files.map(([path, text]) => [path.slice(policiesFolder.length), text])),
    ...(tree.has('claim.json') ? { claim: readAs(claimSchema, 'claim.json') } : {}),
  });
}

/** The part of a tree that the history shows; entries and policy files need not be there. */
export function parseSummary(tree: TreeFiles, where: string): RecordSummary {
  const read = (path: string): unknown => {
    const text = tree.get(path);
    if (text === undefined) throw corrupt(`${path} of ${where}`, 'the file is missing');
    return parseStoredJson(text, `${path} of ${where}`);
  };
  const head = upgradeDocument(read('record.json'), `record.json of ${where}`);
  const claim = tree.has('claim.json') ? { claim: read('claim.json') } : {};
  return parseStored(summarySchema, { ...(head as object), outcomes: read('outcomes.json'), ...claim }, where);
}

/** Relative, and harmless when somebody writes it to disk (`show --files`): no `..`, no `.git`, no drive, no control characters. */
export function isSafePath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (path === '' || path.length > 1024 || /[\\:\x00-\x1f\x7f]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');
}
