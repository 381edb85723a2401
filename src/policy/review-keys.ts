/** `review:` as it is written; what it leaves out is filled in where settings are used (plan/review.ts). */

import { isProblem, parseAmount, parsePercent } from '../resources/amounts.ts';
import {
  type ReviewSettings,
  requirableFields,
  type Switch,
  type WrittenCounted,
} from '../resources/review-settings.ts';
import { canonicalJson } from '../stable-json.ts';
import { adviseAmount, example, say, writeValue } from './advice.ts';
import { approvalsShape } from './approval-keys.ts';
import { key, onPage, orNone, type Shape, textForm } from './forms.ts';
import { ceilingGrammar } from './levels.ts';
import { amountPatterns, patterns } from './patterns.ts';
import { expectScalar, isNone, refuseValue } from './reader.ts';
import {
  booleanShape,
  convert,
  keywordShape,
  patternShape,
  readSection,
  sectionShape,
  setOf,
  wholeNumberShape,
} from './shapes.ts';
import { ruleSeverities } from './silence.ts';

const aSwitch = keywordShape<Switch>('on', 'warn', 'off');

const thresholdKeys = onPage('guards.md#the-guards', {
  count: key(wholeNumberShape(1_000_000), 'More than so many, and'),
  percent: key(wholeNumberShape(100), 'more than so many per cent.'),
});

const countedKeys = onPage('guards.md#the-guards', {
  ...thresholdKeys,
  plan: key(sectionShape(thresholdKeys), 'The same of the whole plan; those beside it are of one workspace.'),
});

const isOn = keywordShape('on', 'off');
const parts = sectionShape(countedKeys);
/** `on`, `off`, or more than `count` and more than `percent`; a part that is left out keeps its default. */
const threshold: Shape<WrittenCounted> = {
  ...parts,
  schema: { anyOf: [isOn.schema, parts.schema] },
  read: (field, report) =>
    field.node.type === 'map' ? (readSection(countedKeys, field, report) ?? {}) : isOn.read(field, report),
};

const spendUp: Shape<Switch | { readonly percent: number }> = {
  schema: {
    anyOf: [
      textForm(patterns.spendUp.source, 'write a percentage such as 25%, or on, warn or off', ['25%']).schema,
      aSwitch.schema,
    ],
  },
  read: (field, report) => {
    const { node } = field;
    if (node.type === 'scalar' && patterns.spendUp.test(node.text))
      return { percent: parsePercent(node.text) ?? Number.parseInt(node.text, 10) };
    if (node.type !== 'scalar' || !/^\d{1,4}$/.test(node.text)) return aSwitch.read(field, report);
    return refuseValue(field, 'invalid-number', say`has no unit: write ${writeValue(`${node.text}%`)}`, report);
  },
};

const guardKeys = onPage('guards.md#the-guards', {
  deletes: key(threshold, 'Policies deleted and limits cleared.'),
  updates: key(threshold, 'Limits changed.'),
  empties_scope: key(aSwitch, 'A workspace that would be left without any limit.'),
  rewind: key(aSwitch, 'A plan from a commit older than the last apply.'),
  blocks_now: key(aSwitch, 'Somebody would be blocked the moment the change merges.'),
  spend_up: key(spendUp, 'Committed spend rises by more than this.'),
  counter_reset: key(aSwitch, 'A counter in use would start again at zero.'),
  ceiling: key(aSwitch, 'Committed spend of a group of workspaces would rise above its ceiling.'),
  impact_unknown: key(aSwitch, 'What a change does to consumption cannot be known.'),
});

/** Whole cents, or null for `none`. */
export const dollars: Shape<number | null> = {
  ...orNone(textForm(amountPatterns(ceilingGrammar).cost, 'write an amount in dollars, such as $5,000', ['$5,000'])),
  read: (field, report) => {
    if (isNone(field.node)) return null;
    const node = expectScalar(field, say`an amount such as ${[example('$5,000'), example('none')]}`, report);
    if (node === undefined) return undefined;
    const amount = parseAmount(node.text);
    if (!isProblem(amount) && amount.unit === 'cost') return amount.amount;
    const { code, said } = isProblem(amount)
      ? adviseAmount(node.text, amount, ceilingGrammar)
      : { code: 'unit-not-at-level', said: say`is not in dollars: write an amount such as ${example('$5,000')}` };
    return refuseValue(field, code, said, report);
  },
};

// As the files of workspaces write it.
const workspaceRef = convert(
  patternShape(patterns.slug, 'invalid-workspace', 'the slug or UUID of a workspace'),
  (ref) => (patterns.uuid.test(ref) ? ref.toLowerCase() : ref),
);

const undeclaredKeys = onPage('ownership.md#workspaces-without-a-file', {
  above: key(
    dollars,
    'One that spent more in 30 days than this is an objection (guard undeclared), and so is one of unknown spend.',
  ),
  except: key(
    setOf(workspaceRef, say`a list of workspaces such as ${example('[ws-lab]')}`),
    'Slugs or ids of workspaces that are known, and somebody else’s: not named, not counted.',
  ),
});

const domain = patternShape(patterns.domain, 'invalid-domain', say`a domain such as ${example('example.com')}`, {
  examples: ['example.com'],
  errorMessage: 'write a domain, such as example.com',
});

const reviewKeys = {
  require: key(
    setOf(keywordShape(...requirableFields), 'a list of `alert`, `owner`, `description`'),
    'What every entry with a budget must have.',
  ),
  max_monthly_budget: key(
    dollars,
    'What the budgets of all workspaces may add up to in 30 days (rule ceiling-exceeded).',
  ),
  recipient_domains: key(
    setOf(
      convert(domain, (name) => name.toLowerCase()),
      say`a list of domains such as ${example('[example.com]')}`,
    ),
    'Domains that recipients may have.',
  ),
  unmanaged: key(
    keywordShape('report', 'fail'),
    'Whether live objects that no file declares are reported or fail the run.',
  ),
  undeclared: key(sectionShape(undeclaredKeys), 'Live workspaces that no file is about.', {
    hover: {
      example: 'undeclared:\n  above: $100\n  except: [ws-lab]',
      page: 'ownership.md#workspaces-without-a-file',
    },
  }),
  show_people: key(
    keywordShape('names', 'counts'),
    'Whether names of keys and users are shown, or only how many there are.',
  ),
  drift: key(
    keywordShape('safe', 'revert', 'leave'),
    'What apply puts back of what was changed by hand: what was loosened (`safe`, the default), all of it (`revert`), nothing (`leave`).',
  ),
  require_reviewed_plan: key(
    booleanShape,
    'Apply only what was reviewed. Default: true in the GitHub Action, false elsewhere.',
  ),
  alone: key(booleanShape, 'A team of one: merging is enough to apply, and its own word lifts guards. Default: false.'),
  approvals: key(
    approvalsShape,
    'Who has to approve what, beside a review that counts: rules over what changes (docs/approvals.md).',
    {
      hover: {
        example: 'approvals:\n  - above: $1,000 per 30 days\n    by: ["@example/finance"]',
        page: 'approvals.md#by-amount-and-by-owner',
      },
    },
  ),
  guards: key(sectionShape(guardKeys), 'Safety checks between plan and apply.', {
    hover: { page: 'guards.md#the-guards' },
  }),
  rules: key(ruleSeverities, 'Severity of single rules by name (docs/rules.md).'),
};

/** Canonical: equal settings are equal text. */
export const reviewShape: Shape<ReviewSettings> = convert(
  sectionShape(reviewKeys),
  (settings) => JSON.parse(canonicalJson(settings)) as ReviewSettings,
);
