/** Rules for people at a terminal. docs/rules.md says the same with examples. */

import type { GuardName } from '../guard-names.ts';
import type { Guard } from '../guards/input.ts';
import type { RulesDocument } from './documents/rules.ts';
import { jsonVersion, renderJson } from './json.ts';
import type { RuleDescription } from './sarif.ts';
import { colorsOf, padCells, type TextStyle } from './style.ts';
import { wrap } from './wrap.ts';

interface ShownRule extends RuleDescription {
  /** What it needs: the files alone, live state, or prices. */
  readonly where: 'file' | 'live' | 'price';
}

const places = { file: 'validate and plan', live: 'plan', price: 'plan, from price files' } as const;

export function renderRuleList(rules: readonly ShownRule[], style: TextStyle): string {
  const colors = colorsOf(style);
  const width = Math.max(...rules.map(({ name }) => name.length));
  const lines = rules.map(({ name, severity, finds }) => {
    const head = `${padCells(name, width)}  ${severity.padEnd(7)}  `;
    const [first = '', ...rest] = wrap(finds.replaceAll('`', ''), Math.max(20, style.columns - head.length));
    return [head + first, ...rest.map((line) => ' '.repeat(head.length) + line)].join('\n');
  });
  const footer =
    'Severities are those of rules that `review.rules` says nothing about. `tollgate rules NAME` says more.';
  return `${[...lines, '', ...wrap(footer, style.columns).map(colors.dim)].join('\n')}\n`;
}

export function renderRule({ name, id, severity, where, finds, why, fix }: ShownRule, style: TextStyle): string {
  const colors = colorsOf(style);
  const silence = `In an entry, or the file of a workspace, \`silence: {${name}: <reason>}\` excuses that one. A group and other settings take none: for them, and for all at once, \`review: {rules: {${name}: off}}\` in the organisation file switches it off.`;
  return `${[
    `${colors.bold(name)} (${id}) · ${severity} · ${places[where]}`,
    '',
    ...wrap(`Finds ${finds}.`, style.columns),
    '',
    ...wrap(why, style.columns),
    '',
    ...wrap(`Fix: ${fix}`, style.columns),
    '',
    ...wrap(silence, style.columns).map(colors.dim),
  ].join('\n')}\n`;
}

/** For programs: of a name that is given, the rules and the guard that have it. */
export function renderRulesJson(
  rules: readonly ShownRule[],
  shown: readonly (readonly [GuardName, Pick<Guard<unknown>, 'objectsTo' | 'usually' | 'liftable'>])[],
): string {
  return renderJson<RulesDocument>({
    version: jsonVersion,
    ok: true,
    rules: rules.map(({ name, id, severity, where, finds, why, fix }) => ({
      name,
      id,
      severity,
      where,
      finds,
      why,
      fix,
    })),
    guards: shown.map(([name, { objectsTo, usually, liftable }]) => ({
      name,
      objects_to: objectsTo,
      default: usually,
      liftable,
    })),
  });
}

export function renderGuard(
  name: string,
  { objectsTo, usually, liftable }: Pick<Guard<unknown>, 'objectsTo' | 'usually' | 'liftable'>,
  style: TextStyle,
): string {
  const lifting = liftable
    ? 'A plan that it objects to prints the word that lifts it, for that plan alone: `tollgate apply --allow WORD`, or `/tollgate allow WORD` in an approving review.'
    : 'No word lifts it.';
  return `${[
    `${colorsOf(style).bold(name)} · guard`,
    '',
    ...wrap(`Objects to: ${objectsTo}.`, style.columns),
    '',
    ...wrap(`Default: ${usually}.`, style.columns),
    '',
    ...wrap(lifting, style.columns),
  ].join('\n')}\n`;
}
