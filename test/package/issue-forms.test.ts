/** Forms for issues and the other texts that GitHub reads, by the rules that GitHub has for them: a form that breaks one is not shown. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { codeBlocks, readText, root } from '../docs/markdown.ts';

const folder = '.github/ISSUE_TEMPLATE';
const id = z.string().regex(/^[\w-]+$/);
const validations = z.strictObject({ required: z.boolean() }).optional();
const field = { id, validations };
const said = { label: z.string().min(1), description: z.string().optional() };
const text = { ...said, placeholder: z.string().optional(), value: z.string().optional() };
/** Text alone: YAML makes a boolean of a bare `no`, and GitHub refuses it; so it does the word that it adds itself. */
const choice = z
  .string()
  .min(1)
  .refine((option) => option.toLowerCase() !== 'none');

const element = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('markdown'), attributes: z.strictObject({ value: z.string().min(1) }) }),
  z.strictObject({
    type: z.literal('textarea'),
    attributes: z.strictObject({ ...text, render: z.string().optional() }),
    ...field,
  }),
  z.strictObject({ type: z.literal('input'), attributes: z.strictObject(text), ...field }),
  z.strictObject({
    type: z.literal('dropdown'),
    attributes: z.strictObject({ ...said, multiple: z.boolean().optional(), options: z.array(choice).min(1) }),
    ...field,
  }),
  z.strictObject({
    type: z.literal('checkboxes'),
    attributes: z.strictObject({
      ...said,
      options: z.array(z.strictObject({ label: z.string().min(1), required: z.boolean().optional() })).min(1),
    }),
    id,
  }),
]);

const form = z.strictObject({
  name: z.string().min(3),
  description: z.string().min(3).max(200),
  title: z.string().optional(),
  labels: z.array(z.string()).optional(),
  body: z.array(element).min(1),
});

const isUnique = (all: readonly unknown[]): boolean => new Set(all).size === all.length;

describe.each(readdirSync(join(root, folder)).filter((name) => name !== 'config.yml'))('the form %s', (name) => {
  const read = form.parse(parse(readText(`${folder}/${name}`)));

  it('asks for something, each question once', () => {
    const asked = read.body.filter((one) => one.type !== 'markdown');
    expect(asked.length).toBeGreaterThan(0);
    expect(isUnique(asked.map((one) => one.id))).toBe(true);
    expect(isUnique(asked.map((one) => one.attributes.label))).toBe(true);
    for (const one of asked) {
      if (one.type === 'dropdown' || one.type === 'checkboxes') {
        const options = one.attributes.options.map((option) => (typeof option === 'string' ? option : option.label));
        expect(isUnique(options)).toBe(true);
      }
    }
  });

  it('has a name of its own', () => {
    const names = readdirSync(join(root, folder))
      .filter((other) => other !== 'config.yml')
      .map((other) => (parse(readText(`${folder}/${other}`)) as { name: string }).name);
    expect(names.filter((other) => other === read.name)).toHaveLength(1);
  });
});

it('the chooser leads to a private report, and to no issue without a form', () => {
  const chooser = z
    .strictObject({
      blank_issues_enabled: z.literal(false),
      contact_links: z.array(z.strictObject({ name: z.string(), url: z.url(), about: z.string() })).min(1),
    })
    .parse(parse(readText(`${folder}/config.yml`)));
  expect(chooser.contact_links.map(({ url }) => url)).toEqual([
    expect.stringMatching(/^https:\/\/github\.com\/[\w-]+\/tollgate\/security\/advisories\/new$/),
  ]);
  expect(readText('SECURITY.md')).toContain('Report a vulnerability');
});

it('the text of a pull request asks for commands that there are', () => {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Readonly<Record<string, string>> };
  const named = [...readText('.github/pull_request_template.md').matchAll(/`npm (?:run )?([\w:]+)`/g)];
  expect(named.map(([, name]) => name)).toEqual(['test', 'generate', 'build:action']);
  for (const [, name = ''] of named) expect(scripts[name]).toBeDefined();
});

describe('the CODEOWNERS of docs/approvals.md', () => {
  const [block] = codeBlocks(readText('docs/approvals.md')).filter(({ language }) => language === 'codeowners');
  const rows = (block?.text ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => line.trim().split(/\s+/))
    .map(([pattern = '', ...owners]) => ({ pattern, owners }));

  /** Of GitHub's patterns those that it uses: from the root, a folder with all below it, `*` within a name. */
  const ownersOf = (path: string): readonly string[] => {
    const matches = ({ pattern }: { pattern: string }): boolean => {
      const source = pattern.slice(1).replace(/[.]/g, '\\.').replace(/\*/g, '[^/]*');
      return new RegExp(pattern.endsWith('/') ? `^${source}` : `^${source}$`).test(path);
    };
    return rows.filter(matches).at(-1)?.owners ?? [];
  };

  it('is in the form that GitHub reads', () => {
    expect(rows.length).toBeGreaterThan(3);
    for (const { pattern, owners } of rows) {
      expect(pattern).toMatch(/^\/[^![\]\\#]+$/);
      expect(owners.length).toBeGreaterThan(0);
      for (const owner of owners) expect(owner).toMatch(/^@[\w-]+(\/[\w-]+)?$/);
    }
  });

  it.each([
    ['.github/workflows/tollgate.yml', ['@acme/platform']],
    ['.github/CODEOWNERS', ['@acme/platform']],
    ['policies/org.yaml', ['@acme/platform', '@acme/finance']],
    ['policies/workspaces/sales.yaml', ['@acme/platform']],
    ['policies/workspaces/marketing.yaml', ['@acme/marketing-leads', '@acme/platform']],
    ['shared/defaults.yaml', ['@acme/platform', '@acme/finance']],
    ['README.md', []],
  ])('%s is owned by %j', (path, owners) => {
    expect(ownersOf(path)).toEqual(owners);
  });
});
