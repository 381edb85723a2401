/** What may be written of an entry, by its kind. */

import type { Kind, LimitKind } from '../resources/types.ts';
import { alertsOfKey, entryAlerts } from './alert-keys.ts';
import { alertForm } from './alerts.ts';
import { budgetForm } from './budgets.ts';
import {
  blank,
  type Form,
  hasOne,
  type Keys,
  key,
  listSchema,
  mapForm,
  orNone,
  orSay,
  type Schema,
  when,
  withoutKeys,
} from './forms.ts';
import { type LevelGrammar, levelGrammars } from './levels.ts';
import { matchForm, perForm } from './match.ts';
import { passthrough } from './passthrough.ts';
import { ownPriceKeys } from './price-keys.ts';
import {
  printAlerts,
  printDescription,
  printExpires,
  printId,
  printMatch,
  printName,
  printOneOrList,
  printOnly,
  printPassed,
  printRates,
  printRecipients,
  printSeveral,
  printSilence,
} from './print-values.ts';
import { rateForm } from './rates.ts';
import { expires, recipientsKey } from './recipients.ts';
import { resetOfBudget, resetOfListedBudget } from './resets.ts';
import { booleanShape, clearableText, keywordShape, textShape } from './shapes.ts';
import { silenceShape } from './silence.ts';
import { untilForm } from './until.ts';

const say = {
  budget:
    'How much may be spent until the next reset: `$500`, `$1,250.50`, `2M tokens`, on policies also `10k requests`.',
  reset:
    'When the budget starts again: `monthly`, `weekly`, `never` (a lifetime cap), `every 14 days`. Required beside `budget`.',
  alert:
    'When to warn: a percentage of the budget, or an amount in its unit, below the budget; a list of several, `[50%, 80%, 100%]`. `none`: no warning.',
  alerts: 'Who is told by `tollgate notify` and how, beside what the workspace and the organisation say.',
  rate: 'How fast: `100 requests/minute`, `200k tokens/day`.',
  until:
    'The limit beside it holds before this date; from its midnight UTC on, what `then` says. Reviewed once, as a whole; then applied by the hourly job.',
};

const isForgettable = true;
const amountsPage = 'files.md#amounts';
const conditionsPage = 'files.md#conditions-and-groupings';

/** How they stand together in a file. */
const hovers = {
  budget: { example: 'budget: $500\nreset: monthly\nalert: 80%', page: amountsPage },
  reset: { example: 'budget: 2M tokens\nreset: every 14 days', page: amountsPage },
  alert: { example: 'budget: $500\nreset: monthly\nalert: [50%, 80%, 100%]', page: 'notify.md' },
  alerts: { example: 'alerts:\n  recipients: [team@example.com]\n  forecast: 7 days', page: 'notify.md' },
  rate: { example: 'rate: 100 requests/minute', page: amountsPage },
  match: { example: 'match:\n  metadata.team: [nlp, vision]\n  model: "@openai-prod/*"', page: conditionsPage },
  per: { example: 'per: [metadata.team, api_key]', page: conditionsPage },
  until: { example: 'budget: $800\nreset: monthly\nuntil: { date: 2026-12-15, then: $500 }', page: 'until.md' },
};

/** Read with the budget that they belong to. */
const { read: _, ...resetForm } = resetOfBudget;
const { read: __, ...listResetForm } = resetOfListedBudget;

/** Of entries that can be told apart from others of their name. */
const identity = {
  name: key(textShape(255), 'The live name, where it is not the key of this entry.', { print: printName }),
  id: key(textShape(255), 'The live id, where a name is not enough.', { print: printId }),
};

const alerts = key(entryAlerts, say.alerts, { print: printAlerts, hover: hovers.alerts });

const owner = key(textShape(255), 'Who answers for it; stays in the repository.', { print: (entry) => entry.owner });
export const common = {
  owner,
  silence: key(
    silenceShape,
    'Rules that this is excused from, by name, each with the reason; the plan prints it (docs/rules.md).',
    { print: printSilence },
  ),
  protect: key(booleanShape, 'Refuse every plan that would delete, replace or clear it.', {
    print: (entry) => (entry.protect === true ? true : undefined),
  }),
};

const until = (budget: LevelGrammar, rate?: LevelGrammar) =>
  key(untilForm(budget, rate), say.until, { hover: hovers.until });

const description = (max: number) =>
  key(clearableText(max), 'Shown in the dashboard. `none` clears it.', { isForgettable, print: printDescription });

const api = key(passthrough, 'Members of the API that this grammar does not know, sent as they are.', {
  isForgettable,
  print: printPassed,
});

/** Who is really told, as in resources/told-by.ts. */
const toldWords: Readonly<Record<Exclude<LimitKind, 'rate-policy'>, string>> = {
  'usage-policy': 'The service mails nobody: it is told by `channels:` of the organisation file alone.',
  'key-limits': 'The service mails owners, admins, whose key it is and its `recipients`.',
  'workspace-limits': 'The service mails owners and admins; `channels:` of the organisation file tell the others.',
  'provider-limits':
    'Whether the service mails owners and admins is not documented; `channels:` of the organisation file tell it.',
  'integration-limits':
    'Whether the service mails owners and admins is not documented; `channels:` of the organisation file tell it.',
};

function alertSentence(kind: keyof typeof toldWords): string {
  return `${say.alert} ${toldWords[kind]}`;
}

/** @param clearable a policy without its limit is none */
function budgetKeys(kind: keyof typeof toldWords, clearable: (form: Form) => Form) {
  const level = levelGrammars[kind];
  return {
    budget: key(clearable(budgetForm(level)), say.budget, {
      isForgettable,
      print: (entry) => printOnly(entry, 'budget'),
      hover: hovers.budget,
    }),
    reset: key(resetForm, say.reset, {
      isForgettable,
      print: (entry) => printOnly(entry, 'reset'),
      hover: hovers.reset,
    }),
    alert: key(alertForm(level), alertSentence(kind), {
      isForgettable,
      print: (entry) => printOnly(entry, 'alert'),
      hover: hovers.alert,
    }),
  };
}

function rateKey(level: LevelGrammar, clearable: (form: Form) => Form) {
  const print: NonNullable<Keys[string]['print']> = (entry) => {
    const rates = printRates(entry);
    return typeof rates === 'string' ? rates : undefined;
  };
  return key(clearable(rateForm(level)), say.rate, { isForgettable, print, hover: hovers.rate });
}

function ratesKey(level: LevelGrammar) {
  const message = 'write a list of rates, such as [100 requests/minute]';
  const list = { schema: listSchema(rateForm(level).schema, message, { minItems: 1 }) };
  const about =
    'Several rates, at most one for requests per window, and at most one for tokens. `none`: no rate at all.';
  return key(orNone(list), about, {
    hover: { example: 'rates:\n  - 100 requests/minute\n  - 200k tokens/day', page: amountsPage },
    isForgettable,
    print: (entry) => {
      const rates = printRates(entry);
      return typeof rates === 'string' ? undefined : rates;
    },
  });
}

/** Of an entry of `budgets`. */
export const budgetInListKeys = {
  budget: key(budgetForm(levelGrammars['workspace-limits']), say.budget, { isRequired: true, hover: hovers.budget }),
  reset: key(listResetForm, say.reset, { isRequired: true, hover: hovers.reset }),
  alert: key(alertForm(levelGrammars['workspace-limits']), alertSentence('workspace-limits'), { hover: hovers.alert }),
} satisfies Keys;

const budgets = key(
  orNone({
    schema: listSchema(mapForm(budgetInListKeys).schema, 'write a list of budgets, each with its reset', {
      minItems: 1,
    }),
  }),
  'Several budgets of one workspace, each with its own unit or reset. `none`: no budget at all.',
  {
    isForgettable,
    print: printSeveral,
    hover: {
      example: 'budgets:\n  - { budget: $2000, reset: monthly }\n  - { budget: 50M tokens, reset: weekly }',
      page: amountsPage,
    },
  },
);

const asWritten = (form: Form): Form => form;
const expiresKey = key(expires, 'When the key stops working, with its zone: `2027-01-31T00:00:00Z`. `none`: never.', {
  isForgettable,
  print: printExpires,
});
const limitKeys = (kind: keyof typeof toldWords) => ({
  ...budgetKeys(kind, orNone),
  rate: rateKey(levelGrammars[kind], orNone),
  until: until(levelGrammars[kind]),
});

export const policyKeys = {
  ...identity,
  previously: key(textShape(255), 'The name this policy had before, so that it is renamed instead of replaced.'),
  description: description(500),
  ...budgetKeys('usage-policy', asWritten),
  rate: rateKey(levelGrammars['rate-policy'], asWritten),
  until: until(levelGrammars['usage-policy'], levelGrammars['rate-policy']),
  match: key(matchForm, 'Which requests count: `all` (default), or conditions that must all hold. `"*"`: any value.', {
    print: printMatch,
    hover: hovers.match,
  }),
  per: key(
    perForm,
    'Who shares one counter: `workspace_id` is one for all, `api_key` one per key, or a list for one per combination.',
    {
      isRequired: true,
      print: ({ fields }) => printOneOrList(fields.per as readonly string[] | undefined),
      hover: hovers.per,
    },
  ),
  target: key(
    keywordShape('llm', 'mcp_tools'),
    'What is limited: LLM calls (`llm`, the default) or MCP tool calls (`mcp_tools`).',
    {
      print: ({ fields: { target } }) => (target === 'mcp_tools' ? target : undefined),
    },
  ),
  alerts,
  ...common,
  api,
} satisfies Keys;

/** Keys of a key, or of a provider, that are fields of their own: read, laid over `"*"` and sent one by one. */
export const ownWords = { expires: expiresKey, description: description(200) } satisfies Keys;

export const keyKeys = {
  ...identity,
  description: ownWords.description,
  ...limitKeys('key-limits'),
  rates: ratesKey(levelGrammars['key-limits']),
  recipients: { ...recipientsKey, isForgettable, print: printRecipients },
  alerts: key(alertsOfKey, say.alerts, { print: printAlerts, hover: hovers.alerts }),
  expires: ownWords.expires,
  ...common,
  api,
} satisfies Keys;

const { rate, until: ownUntil, ...ownBudget } = limitKeys('workspace-limits');

/** Of `prices:` of an integration. */
export const pricesKeys = { ...ownPriceKeys, ...common } satisfies Keys;

/** All keys that any kind of attachment point has are read in one way. */
export const entryKeys: Readonly<Record<Kind, Keys>> = {
  'usage-policy': policyKeys,
  'rate-policy': policyKeys,
  'workspace-limits': {
    ...ownBudget,
    budgets,
    rate,
    rates: ratesKey(levelGrammars['workspace-limits']),
    until: ownUntil,
    alerts,
    ...common,
  },
  'key-limits': keyKeys,
  'provider-limits': { ...limitKeys('provider-limits'), alerts, expires: expiresKey, ...common },
  'integration-limits': { ...limitKeys('integration-limits'), alerts, ...common },
  'integration-prices': pricesKeys,
};

const sayReset = 'write `reset` beside `budget`: monthly, weekly, every 14 days, or never for a lifetime cap';
const sayList = '`until` is about one limit: write `budget` or `rate`, no list';
const needsBudget = {
  reset: hasOne('`reset` without `budget`: write how much beside it', 'budget'),
  alert: hasOne('`alert` without `budget`: write how much beside it', 'budget'),
};
const needsLimit = hasOne('`until` without `budget` or `rate`: write beside it what holds before', 'budget', 'rate');
/** Of `policies: {total: $500}`. */
const sayEntry = 'write the fields of this entry below it, indented, such as `budget: $500` and `reset: monthly`';
const titled = (title: string, form: Form): Form => orSay({ ...form, schema: { title, ...form.schema } }, sayEntry);

const policyForm = titled(
  'policy',
  mapForm(policyKeys, {
    dependencies: {
      ...needsBudget,
      until: needsLimit,
      budget: hasOne(sayReset, 'reset'),
      target: hasOne('`target` is of rates alone: write `rate`', 'rate'),
      rate: withoutKeys('one policy holds one limit: move `budget` or `rate` into a policy of its own', 'budget'),
      per: hasOne('write `budget` with `reset`, or `rate`', 'budget', 'rate'),
    },
    defaultSnippets: [
      {
        label: 'a budget',
        description: 'How much may be spent until the next reset.',
        body: { budget: blank(1, '$500'), reset: blank(2, 'monthly'), per: blank(3, 'workspace_id') },
      },
      {
        label: 'a rate',
        description: 'How fast calls may come.',
        body: { rate: blank(1, '100 requests/minute'), per: blank(2, 'api_key') },
      },
    ],
  }),
);

const isBudgetNone = (isNone: Schema): Schema => ({ patternProperties: { '^budget$': isNone } });

function limitsForm(kind: LimitKind): Form {
  const keys = entryKeys[kind];
  const limits = mapForm(keys, {
    dependencies: {
      ...needsBudget,
      until: { allOf: [needsLimit, withoutKeys(sayList, 'budgets', 'rates')] },
      budget: when(
        isBudgetNone({ const: 'none' }),
        // With a date they may be for the budget that comes then.
        when(
          { properties: { until: true }, required: ['until'] },
          {},
          withoutKeys('beside `budget: none` it has nothing to act on: leave it out', 'reset', 'alert'),
        ),
        hasOne(sayReset, 'reset'),
      ),
      ...('budgets' in keys
        ? { budgets: withoutKeys('`budget` beside `budgets`: move it into the list', 'budget') }
        : {}),
      ...('rates' in keys ? { rates: withoutKeys('`rate` beside `rates`: move it into the list', 'rate') } : {}),
    },
  });
  return titled(`limits of ${levelGrammars[kind].what}`, limits);
}

/** The form of one entry. */
export const entryForms: Readonly<Record<Kind, Form>> = {
  'usage-policy': policyForm,
  'rate-policy': policyForm,
  'workspace-limits': limitsForm('workspace-limits'),
  'key-limits': limitsForm('key-limits'),
  'provider-limits': limitsForm('provider-limits'),
  'integration-limits': limitsForm('integration-limits'),
  'integration-prices': titled(
    'prices of an integration',
    orSay(mapForm(pricesKeys), 'write `multiplier` or `models` below it, indented'),
  ),
};
