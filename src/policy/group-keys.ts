/** `groups:` of the organisation file: workspaces under one ceiling, by name. */

import { compareText } from '../diagnostics.ts';
import { parseReset } from '../resources/amounts.ts';
import { isGroupReset, type WorkspaceGroup, type WorkspaceGroups } from '../resources/workspace-groups.ts';
import { withoutAbsent } from '../without-absent.ts';
import { example, say } from './advice.ts';
import { alertForm, normalizeThresholds, readAlert } from './alerts.ts';
import { hasOne, type Keys, key, mapForm, onPage, type Shape, when, withoutKeys } from './forms.ts';
import { ceilingGrammar } from './levels.ts';
import type { FieldNode } from './nodes.ts';
import { groupResetPattern, patterns } from './patterns.ts';
import { quote } from './quote.ts';
import { isAbsent, readMap, type Written } from './reader.ts';
import type { Report } from './report.ts';
import { dollars } from './review-keys.ts';
import { convert, entriesOf, listOf, patternShape, readValues, textShape } from './shapes.ts';

const aWorkspace = say`the slug of a workspace, or its beginning with an asterisk, such as ${[example('team-a'), example('team-*')]}`;
const workspace = patternShape(patterns.workspaceGlob, 'invalid-workspace-glob', aWorkspace, {
  maxLength: 255,
  examples: ['team-a', 'team-*'],
  errorMessage: 'write the slug of a workspace, or a part of it with *, such as team-a or team-*',
});

const aReset = say`${['monthly', 'weekly', 'every 14 days'].map(example)}`;
const reset = convert(
  patternShape(new RegExp(groupResetPattern), 'invalid-reset', aReset, {
    examples: ['monthly', 'weekly', 'every 14 days'],
    errorMessage: 'write monthly, weekly, or days such as every 14 days',
  }),
  (text) => {
    const read = parseReset(text);
    return read !== null && isGroupReset(read) ? read : undefined;
  },
);

const groupKeys = onPage('groups.md#in-the-file', {
  owner: key(textShape(255), 'Who answers for the spend of these workspaces.'),
  workspaces: key(
    convert(
      listOf(workspace, say`a list of workspaces such as ${example('[team-a, search-*]')}`, { minItems: 1 }),
      (names) => [...new Set(names)].sort(compareText),
    ),
    'Slugs or UUIDs of its workspaces, with a file or without; `*` stands for any characters of a slug.',
    { isRequired: true, hover: { example: 'workspaces: [team-a, search-*]' } },
  ),
  ceiling: key(
    dollars,
    'What all of them together may be committed to spend. The service cannot enforce it: the guard `ceiling` objects to a plan that goes beyond it.',
    { hover: { example: 'ceiling: $20,000' } },
  ),
  alert: key(
    alertForm(ceilingGrammar),
    'When `tollgate notify` tells, beside once all of it is spent: a percentage of the ceiling, an amount, or a list of them, each with recipients of its own. The owner is told as well where that is an address.',
    { hover: { example: 'alert: [50%, 80%]' } },
  ),
  reset: key(reset, 'The window of the ceiling. Default: monthly. Compared with budgets as dollars per 30 days.', {
    hover: { example: 'reset: monthly' },
  }),
} satisfies Keys);

const thresholdsOfCeiling = {
  dependencies: {
    alert: hasOne('`alert` without `ceiling`: write how much beside it', 'ceiling'),
    ceiling: when(
      { patternProperties: { '^ceiling$': { const: 'none' } } },
      withoutKeys('beside `ceiling: none` it has nothing to act on: leave it out', 'alert'),
    ),
  },
};

const entries = entriesOf(groupKeys, mapForm(groupKeys, thresholdsOfCeiling), {
  propertyNames: {
    type: 'string',
    pattern: patterns.groupName.source,
    errorMessage: 'write a short name of letters, digits, - and _',
  },
});

/** A map by the names of groups; an empty one is absent. */
export const groupsShape: Shape<WorkspaceGroups> = convert(entries, (fields, _field, report) => {
  const groups = fields.flatMap((field): [string, WorkspaceGroup][] => {
    const group = readGroup(field, report);
    return group === undefined ? [] : [[field.key, group]];
  });
  return groups.length === 0 ? undefined : Object.fromEntries(groups);
});

function readGroup(field: FieldNode, report: Report): WorkspaceGroup | undefined {
  if (!patterns.groupName.test(field.key)) {
    const said = `${quote(field.key)} is not the name of a group: write letters, digits, \`-\` and \`_\`, 63 at most`;
    report('invalid-group-name', field.at, said);
    return undefined;
  }
  const written = readMap(field, groupKeys, 'a group', report);
  if (written === undefined) return undefined;
  const { workspaces = [], ceiling, ...rest } = readValues(groupKeys, written, report);
  const alert = readThresholds(written, ceiling, report);
  const list = written.get('workspaces')?.node;
  if (list === undefined || (list.type === 'list' && list.items.length === 0)) {
    const said = say`group ${quote(field.key)} has no workspaces: write ${example('workspaces: [team-a, search-*]')}`;
    report('missing-workspaces', field.at, said);
    return undefined;
  }
  return withoutAbsent({ workspaces, ceiling: ceiling ?? undefined, ...rest, alert });
}

/**
 * As those of a budget, but that one alone is a list too: the service holds none of them.
 *
 * @param ceiling null: `none`; undefined: there is none, or it cannot be read, which has been told
 */
function readThresholds(written: Written, ceiling: number | null | undefined, report: Report): WorkspaceGroup['alert'] {
  const field = written.get('alert');
  if (field === undefined || isAbsent(field.node)) return undefined;
  if (ceiling === null || !written.has('ceiling')) {
    const without = say`\`alert\` without \`ceiling\`: write ${example('ceiling: $20,000')} beside it`;
    const beside = '`alert` beside `ceiling: none` has nothing to act on: leave it out';
    report('alert-without-ceiling', field.at, ceiling === null ? beside : without);
  }
  if (ceiling === null || ceiling === undefined) return undefined;
  const budget = { unit: 'cost', amount: ceiling } as const;
  const { alert, thresholds } = readAlert(field, budget, ceilingGrammar, report) ?? {};
  const one = alert === undefined || alert === null ? undefined : [{ at: alert, where: field.node.at }];
  return normalizeThresholds({ ...budget, thresholds: thresholds ?? one }, ceilingGrammar, report) ?? undefined;
}
