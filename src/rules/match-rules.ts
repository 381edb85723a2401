/** Rules about what policies look at: conditions and groupings that the gateway reads otherwise than one would think. */

import type { DesiredEntry } from '../resources/types.ts';
import { quoteUnlessSecret } from '../secret-shape.ts';
import { conditionsOf, isInescapable, perOf, valuesOf } from './limits.ts';
import { at, type FileRule } from './types.ts';
import { isVendor, vendorOf } from './vendors.ts';

const isMetadata = (key: string): boolean => key.startsWith('metadata.');

const metadataEscapable: FileRule = {
  name: 'metadata-escapable',
  id: 'M3',
  severity: 'warning',
  where: 'file',
  finds:
    'a policy that matches or groups by metadata, in a workspace without a limit of that sort (budget or rate) over all of its calls',
  why: 'Callers write the metadata of their calls. A call without the key, or with an empty value, is not counted by such a policy at all, and a new value opens a new counter with the whole amount. Only a limit that looks at no metadata holds whoever leaves it out.',
  fix: 'Add a limit that nobody can leave: under `limits:`, or a policy without `match:` and `per: workspace_id` or `per: api_key`.',
  check: ({ byWorkspace, limits: { budgetsOf, ratesOf } }, found) => {
    for (const entries of byWorkspace.values()) {
      const isCapped = {
        'usage-policy': entries.flatMap(budgetsOf).some(isInescapable),
        'rate-policy': entries.flatMap(ratesOf).some(isInescapable),
      };
      for (const entry of entries) {
        if (entry.kind !== 'usage-policy' && entry.kind !== 'rate-policy') continue;
        if (isCapped[entry.kind] || entry.fields.target === 'mcp_tools') continue;
        const matched = conditionsOf(entry).find(({ key }) => isMetadata(key))?.key;
        const grouped = perOf(entry).find(isMetadata);
        const key = matched ?? grouped;
        if (key === undefined) continue;
        found(
          at(entry, matched === undefined ? 'per' : 'match'),
          `calls without \`${key}\` are not counted, and no other ${entry.kind === 'usage-policy' ? 'budget' : 'rate'} of the workspace holds them`,
        );
      }
    }
  },
};

const metadataNumber: FileRule = {
  name: 'metadata-number',
  id: 'G1',
  severity: 'info',
  where: 'file',
  finds: 'a metadata condition whose value is a number in quotes',
  why: 'The gateway (2.2.3) compares metadata without converting it: a caller that sends the number 7 does not match "7", and so is outside the policy.',
  fix: 'Make sure that callers send the value as text, or use a value that is not a number.',
  check: ({ desired }, found) => {
    for (const entry of desired.entries) {
      for (const condition of conditionsOf(entry)) {
        const { key } = condition;
        const number = valuesOf(condition).find((value) => /^-?\d+(?:\.\d+)?$/.test(value));
        if (!isMetadata(key) || number === undefined) continue;
        found(at(entry, 'match'), `\`${key}\`: "${number}" does not match callers that send the number ${number}`);
      }
    }
  },
};

const userFromBody: FileRule = {
  name: 'user-from-body',
  id: 'G2',
  severity: 'info',
  where: 'file',
  finds: 'a budget per `metadata._user`',
  why: 'The gateway (2.2.3) takes `user` of the request body as `_user` when it counts, but not when it checks, and only where a metadata header came with the call. Such callers are charged to a user and never refused.',
  fix: 'Have callers send `_user` in the metadata header, or set it as a default of their key.',
  check: ({ desired }, found) => {
    for (const entry of desired.entries) {
      if (entry.kind !== 'usage-policy' || !perOf(entry).includes('metadata._user')) continue;
      found(at(entry, 'per'), 'callers that name the user only in the body of a request are counted and not refused');
    }
  },
};

export const perConfig: FileRule = {
  name: 'per-config',
  id: 'G3',
  severity: 'warning',
  where: 'file',
  finds: '`per: config`',
  why: 'The gateway (2.2.3) finds no value for this grouping, unless the JSON of the config itself has an `id`. A policy without a value for its grouping is skipped: nothing is counted and nobody is refused.',
  fix: 'Match on the config instead (`match: {config: …}` with `per: workspace_id`), one policy a config.',
  check: ({ desired }, found) => {
    for (const entry of desired.entries) {
      if (perOf(entry).includes('config'))
        found(at(entry, 'per'), 'the gateway skips this policy on every call whose config has no `id` of its own');
    }
  },
};

const countersRunTogether: FileRule = {
  name: 'counters-run-together',
  id: 'G8',
  severity: 'info',
  where: 'file',
  finds: 'a policy that groups by several metadata keys',
  why: 'The gateway (2.2.3) names a counter by `key:value` of each grouping, joined with `-`. Callers write the values: with `a-metadata.env:b` as a team they count into the counter of somebody else, and use it up.',
  fix: 'Group by one metadata key, or make sure that values hold no `-`.',
  check: ({ desired }, found) => {
    for (const entry of desired.entries) {
      const keys = perOf(entry).filter(isMetadata);
      if (keys.length < 2) continue;
      const said = keys.map((key) => `\`${key}\``).join(' and ');
      found(at(entry, 'per'), `counters by ${said} cannot be told apart where a value holds \`-\``);
    }
  },
};

export const modelBySlug: FileRule = {
  name: 'model-by-slug',
  id: 'G4',
  severity: 'warning',
  where: 'file',
  finds: 'a `model` or `provider` condition that names a provider by its slug',
  why: 'Callers write `@openai-prod/gpt-4o`, with the slug of a provider; the gateway (2.2.3) compares with the name of the vendor, `@openai/gpt-4o`. A condition with the slug matches no call, so the policy limits nobody. A plan that sets such a policy looks at the live providers too.',
  fix: "Write the vendor's name (`@openai/…`), and match on `virtual_key` where one provider is meant.",
  check: ({ byWorkspace, providerSlugs }, found) => {
    for (const [ref, entries] of byWorkspace) {
      const named = [...entries.flatMap(slugsOf), ...(providerSlugs?.get(ref) ?? [])];
      const slugs = new Set(named.filter((slug) => !isVendor(slug)));
      for (const entry of entries) {
        for (const condition of conditionsOf(entry)) {
          const { key } = condition;
          if (key !== 'model' && key !== 'provider') continue;
          const named = valuesOf(condition).find((value) => slugs.has(key === 'model' ? vendorOf(value) : value));
          if (named === undefined) continue;
          const slug = key === 'model' ? vendorOf(named) : named;
          found(
            at(entry, 'match'),
            `\`${key}\`: ${quoteUnlessSecret(named)} matches no call: ${slug} is the slug of a provider here, and vendors are compared`,
          );
        }
      }
    }
  },
};

export const vendorCase: FileRule = {
  name: 'vendor-case',
  id: 'G10',
  severity: 'warning',
  where: 'file',
  finds: 'the name of a vendor with capital letters, in a `model` or `provider` condition',
  why: 'The gateway (2.2.3) compares letter by letter, and its names of vendors are in small letters. A condition with `@OpenAI/…` matches no call, so the policy limits nobody.',
  fix: 'Write the vendor in small letters: `@openai/gpt-4o` for a `model`, `openai` for a `provider`.',
  check: ({ desired }, found) => {
    for (const entry of desired.entries) {
      for (const condition of conditionsOf(entry)) {
        const { key } = condition;
        if (key !== 'model' && key !== 'provider') continue;
        const named = valuesOf(condition).find((value) => /[A-Z]/.test(key === 'model' ? vendorOf(value) : value));
        if (named === undefined) continue;
        found(
          at(entry, 'match'),
          `\`${key}\`: ${quoteUnlessSecret(named)} matches no call: case counts, and vendors have small letters`,
        );
      }
    }
  },
};

/** Slugs of providers and integrations that the files of the workspace name. */
function slugsOf(entry: DesiredEntry): readonly string[] {
  if (entry.kind === 'provider-limits' || entry.kind === 'integration-limits') return [entry.liveName ?? entry.name];
  return conditionsOf(entry).flatMap((condition) => (condition.key === 'virtual_key' ? valuesOf(condition) : []));
}

const mcpPerKey: FileRule = {
  name: 'mcp-per-key',
  id: 'M8',
  severity: 'warning',
  where: 'file',
  finds: '`api_key` in the match or grouping of a policy for MCP tools',
  why: 'Calls of MCP tools that come in through OAuth have no API key. A policy that looks at one does not count them, and refuses none of them.',
  fix: 'Use `mcp_server` or `mcp_tool`, or add a second policy without the key.',
  check: ({ desired }, found) => {
    for (const entry of desired.entries) {
      if (entry.fields.target !== 'mcp_tools') continue;
      const isMatched = conditionsOf(entry).some(({ key }) => key === 'api_key');
      if (isMatched || perOf(entry).includes('api_key'))
        found(
          at(entry, isMatched ? 'match' : 'per'),
          'calls through OAuth have no API key and are outside this policy',
        );
    }
  },
};

/**
 * Shapes that keys of known services have; a long hash, a random name or words after `sk-` are none. Each takes time in
 * proportion to the line, whatever stands there.
 */
const keyShapes: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
  /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}/,
  /\bsk-(?=[\w-]{0,40}\d)[\w-]{20,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bAIza[\w-]{35}\b/,
  /\bgh[opsur]_\w{36,}/,
  /\bgithub_pat_\w{22,}/,
  /\bglpat-[\w-]{20,}/,
  /\bxox[abprs]-[\w-]{10,}/,
  /\bhf_[A-Za-z]\w{29,}/,
];

export const secretInFile: FileRule = {
  name: 'secret-in-file',
  id: 'K12',
  severity: 'error',
  where: 'file',
  finds: 'text in the shape of a key of a known service, anywhere in a file, comments included',
  why: 'Policy files are in Git, and their values go into plans, comments and the applied record. A key that was committed is known to everybody who can read the repository, also after it was deleted from the file. What was found is not repeated in the message.',
  fix: 'Take it out and replace the key where it was issued: whoever reads the file can use it.',
  check: ({ files }, found) => {
    for (const { path, text } of files) {
      text.split('\n').forEach((line, index) => {
        const hits = keyShapes.map((shape) => shape.exec(line)).filter((hit) => hit !== null);
        const [match] = hits.sort((a, b) => a.index - b.index);
        if (match === undefined) return;
        found(
          { line: { file: path, line: index + 1, column: match.index + 1 } },
          `${match[0].length} characters in the shape of a secret key`,
        );
      });
    }
  },
};

export const matchRules: readonly FileRule[] = [
  metadataEscapable,
  metadataNumber,
  userFromBody,
  perConfig,
  countersRunTogether,
  modelBySlug,
  vendorCase,
  mcpPerKey,
  secretInFile,
];
