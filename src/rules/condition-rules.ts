/** Rules about conditions that no call can meet, or that none has met: from what is live and what was called. */

import { trafficDays } from '../consumption/traffic.ts';
import type { ConditionNames } from '../impact/condition-facts.ts';
import { didYouMean } from '../nearest-name.ts';
import { changeId } from '../plan/make-change.ts';
import type { ResolvedEntry } from '../plan/resolution.ts';
import { isUuid } from '../plan/written-id.ts';
import { formatAmount } from '../resources/amounts.ts';
import { quoteUnlessSecret } from '../secret-shape.ts';
import { conditionsOf, valuesOf } from './limits.ts';
import { at, type LiveFacts, type LiveRule } from './types.ts';
import { isVendor, vendorOf } from './vendors.ts';

interface Named {
  readonly one: ResolvedEntry;
  /** The condition's key, as written. */
  readonly key: string;
  /** What is compared: a slug, an id, the vendor of a model. */
  readonly value: string;
  readonly place: { readonly slug: string; readonly names: ConditionNames };
}

const labels = { virtual_key: 'provider', provider: 'vendor', config: 'config', api_key: 'key' } as const;

function namedIn({ resolved, conditions: { names } }: LiveFacts): Named[] {
  return resolved.flatMap((one) => {
    const known = one.workspace === null ? undefined : names.get(one.workspace.id);
    if (one.workspace === null || known === undefined || one.entry.absent === true) return [];
    const place = { slug: one.workspace.slug, names: known };
    return conditionsOf(one.entry).flatMap((condition) =>
      [...new Set(valuesOf(condition).map((value) => comparedOf(condition.key, value)))].flatMap((value) =>
        value === '' ? [] : [{ one, key: condition.key, value, place }],
      ),
    );
  });
}

function comparedOf(key: string, value: string): string {
  if (key === 'model') return vendorOf(value);
  // Names of keys were resolved before.
  if (key === 'api_key') return isUuid(value) ? value.toLowerCase() : '';
  return value;
}

function listedFor({ key, place: { names } }: Named): [keyof ConditionNames, ConditionNames[keyof ConditionNames]] {
  const asked = key === 'model' ? 'provider' : (key as keyof ConditionNames);
  return [asked, names[asked]];
}

const unknownCondition: LiveRule = {
  name: 'unknown-condition',
  id: 'M12',
  severity: 'error',
  where: 'live',
  finds: 'a condition that names a provider, vendor, config or key which is not live in the workspace',
  why: 'No call carries such a name, so that the policy limits nobody; left out by `except`, it leaves out nobody. Looked at where the plan sets a policy with conditions; of what is live already it is a warning. A vendor without a provider in the workspace is known all the same where tollgate or a price file knows its name.',
  fix: 'Correct the name, or make what it names first.',
  check: (facts, found) => {
    for (const named of namedIn(facts)) {
      const { one, key, value, place } = named;
      const [asked, listed] = listedFor(named);
      if (listed === undefined || 'unknown' in listed || listed.value.includes(value)) continue;
      const isForeign = asked === 'provider';
      if (isForeign && (isVendor(value) || facts.prices?.index.book.providers.get(value)?.status === 'read')) continue;
      // Capital letters and slugs of providers are told by rules of their own.
      const { virtual_key: slugs } = place.names;
      const isSlug = slugs !== undefined && 'value' in slugs && slugs.value.includes(value);
      if (isForeign && (/[A-Z]/.test(value) || isSlug)) continue;
      found(
        at(one.entry, 'match'),
        `\`${key}\`: no live ${labels[asked]} ${quoteUnlessSecret(value)} in workspace ${place.slug}${didYouMean(value, listed.value)}`,
      );
    }
  },
};

const unlisted: ReadonlySet<string> = new Set(['prompt', 'mcp_server', 'mcp_tool']);

const uncheckedCondition: LiveRule = {
  name: 'unchecked-condition',
  id: 'M13',
  severity: 'info',
  where: 'live',
  finds:
    'a condition of a changed policy of which is not known whether anything live has that name, or whether a call met it',
  why: 'Prompts, MCP servers and their tools are listed by no route that is known, and other lists may be refused. A name that nothing has limits nobody, and then nobody says so. No scope is demanded for it.',
  fix: 'Compare the name with what the service shows.',
  check: (facts, found) => {
    const counted = countedIn(facts);
    const met = new Set(
      counted.flatMap(({ one, matched }) => ('value' in matched && matched.value.atMost > 0 ? [one] : [])),
    );
    /** One sentence an entry: whoever reads it looks at all of its conditions at once. */
    const unnamed = new Map<ResolvedEntry, { readonly names: string[]; readonly why: string }>();
    for (const named of namedIn(facts)) {
      const { one, key, value } = named;
      const [, listed] = listedFor(named);
      const why = unlisted.has(key)
        ? 'no known route lists them'
        : listed !== undefined && 'unknown' in listed
          ? listed.unknown
          : null;
      // Calls that carry the one name there is prove it.
      if (why === null || (met.has(one) && isOnlyName(one, key, value))) continue;
      const known = unnamed.get(one) ?? { names: [], why };
      known.names.push(`\`${key}\` ${quoteUnlessSecret(value)}`);
      unnamed.set(one, known);
    }
    for (const [one, { names, why }] of unnamed) {
      const others = names.length > 3 ? ` and ${names.length - 3} more` : '';
      const verb = names.length > 1 ? 'are' : 'is';
      found(at(one.entry, 'match'), `not known whether ${names.slice(0, 3).join(', ')}${others} ${verb} live (${why})`);
    }
    for (const { one, matched } of counted) {
      if ('unknown' in matched && !unnamed.has(one))
        found(
          at(one.entry, 'match'),
          `not known whether a call of ${trafficDays} days matches this (${matched.unknown})`,
        );
    }
    const { uncounted } = facts.conditions;
    if (uncounted > 0)
      found({ line: facts.desired.orgFile }, `the calls of ${uncounted} more changed policies were not counted`);
  },
};

const matchesNoCall: LiveRule = {
  name: 'matches-no-call',
  id: 'M14',
  severity: 'warning',
  where: 'live',
  finds: `a changed policy whose conditions no call of the last ${trafficDays} days met, though its workspace made calls`,
  why: 'Either the limit is for calls that are still to come, or a condition says something else than callers send. Conditions are compared letter by letter. Conditions that analytics have no words for are left out, which finds less and never more.',
  fix: 'Compare the conditions with the logs of the workspace; nothing, if the calls are still to come.',
  check: (facts, found) => {
    for (const { one, matched } of countedIn(facts)) {
      if ('unknown' in matched || matched.value.atMost > 0 || matched.value.ofWorkspace <= 0) continue;
      const calls = formatAmount(matched.value.ofWorkspace, 'requests');
      found(
        at(one.entry, 'match'),
        `no call of ${trafficDays} days matches this, while ${one.workspace?.slug ?? ''} made ${calls}`,
      );
    }
  },
};

/** What analytics were asked for is that name alone. */
function isOnlyName({ entry }: ResolvedEntry, key: string, value: string): boolean {
  const [own, ...others] = conditionsOf(entry).filter((condition) => condition.key === key);
  const isListed = key === 'virtual_key' || key === 'config' || key === 'prompt' || key === 'api_key';
  return isListed && others.length === 0 && own?.any !== '*' && own?.any.length === 1 && own.any[0] === value;
}

function countedIn({ resolved, changes, conditions }: LiveFacts) {
  if (conditions.matched.size === 0) return [];
  const idOf = new Map(changes.map(({ key, id }) => [changeId(key), id]));
  return resolved.flatMap((one) => {
    const { entry, workspace, name } = one;
    // Of what does not change, by its own id.
    const id = idOf.get(changeId({ kind: entry.kind, workspace: workspace?.slug ?? null, name })) ?? one.live?.id;
    const matched = conditions.matched.get(id ?? '');
    return matched === undefined ? [] : [{ one, matched }];
  });
}

export const conditionRules: readonly LiveRule[] = [unknownCondition, uncheckedCondition, matchesNoCall];
