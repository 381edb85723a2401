/**
 * A saved plan: what was reviewed, in a form that can be compared change by change with a plan made later. Canonical JSON
 * with a version; no secrets, no expiry. The digests inside tell a file that was cut off or edited; they are not a signature.
 */

import { z } from 'zod';
import { parseBoundedJson } from '../bounded-json.ts';
import { UserError } from '../errors.ts';
import { impactSchema } from '../impact/document.ts';
import { kinds } from '../resources/types.ts';
import { canonicalJson } from '../stable-json.ts';
import { fieldsSchema, recordedUntilSchema } from './applied-record.ts';
import { type Digested, digestPlan } from './build-plan.ts';
import { digestOf } from './digest.ts';
import { fingerprintOf } from './make-change.ts';
import type { Change, Plan } from './types.ts';

/** Raised when an older tollgate could misread what a newer one writes. New members do not raise it. */
export const planFileVersion = 2;

const planFileChangeSchema = z.object({
  id: z.string().describe('`<kind>/<workspace slug or ->/<name>`, unique within the plan'),
  kind: z.enum(kinds).describe('what is changed'),
  workspace: z.string().nullable().describe('slug; null for what belongs to the organisation'),
  name: z.string().describe('of the policy, key, provider or integration; `limits` of a workspace'),
  live_id: z.string().nullable().describe("the service's id; null for a policy that did not exist yet"),
  action: z.enum(['create', 'update', 'replace', 'delete']).describe('what is done to it'),
  direction: z.enum(['loosen', 'rescope', 'tighten', 'neutral']).describe('what it does to those whom the limit binds'),
  before: fieldsSchema.nullable().describe('managed fields as they were live: amounts in US cents or counts'),
  after: fieldsSchema.nullable().describe('managed fields as they are to be'),
  starting: z.string().nullable().describe('ISO date that is sent as the start of the window'),
  until: z
    .object({
      date: z.string().describe('the first day on which `later` holds, UTC'),
      later: recordedUntilSchema.shape.later.describe('fields that move then, null for none; `none`: the policy goes'),
    })
    .optional()
    .describe('a date still to come (the first day, UTC) and the fields that move then; `none`: the policy goes'),
  via_star: z.boolean().describe('a key that is reached through `"*"` alone'),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('over kind, workspace, name, live_id, action, before, after, starting and until'),
});

export const planFileSchema = z
  .object({
    format: z.literal('tollgate-plan').describe('tells a plan from every other file'),
    version: z.literal(planFileVersion).describe('of this format; a plan of another version is refused'),
    tool: z.string().describe('version of tollgate that wrote it'),
    environment: z.string().describe('of the organisation file'),
    organisation: z.string().describe('id of the organisation'),
    base_url: z.string().describe('of the control plane that was planned against'),
    commit: z.string().nullable().describe('Git commit of the policy files, where there is one'),
    place: z.string().describe('where the record is kept'),
    interprets: z
      .object({
        gateway: z.record(z.string(), z.string()).describe('`gateway:` in force'),
        pricing_source: z.string().nullable().describe('`pricing.source` in force'),
      })
      .describe('settings in force that decide how live and prices are understood'),
    mode: z.enum(['sync', 'upsert-only']).describe('`upsert-only` plans hold no deletions'),
    digest: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('over all fingerprints and record lines, environment, base_url, place and interprets'),
    changes: z.array(planFileChangeSchema).describe('what is changed live'),
    record_lines: z
      .array(
        z.object({
          action: z
            .enum(['adopt', 'forget', 'protect', 'unprotect', 'settings', 'record'])
            .describe('what is done to the record'),
          key: z
            .object({
              kind: z.enum(kinds).describe('of the resource'),
              workspace: z.string().nullable().describe('slug; null for what belongs to the organisation'),
              name: z.string().describe('of the resource'),
            })
            .nullable()
            .describe('null for settings'),
          detail: z.string().describe('what exactly, in words'),
          live_id: z.string().nullable().describe("of an adoption: the service's id of the live object"),
        }),
      )
      .describe('what changes in the record and nothing live'),
    stars: z
      .array(
        z.object({
          workspace: z.string().describe('slug; empty for the organisation'),
          fingerprint: z.string().describe('over the declared fields'),
        }),
      )
      .describe('what `keys: {"*": …}` declared: a key made later may be covered by it without a new review'),
    impact: impactSchema
      .nullish()
      .describe('what the plan does to people and money, when it was made; judged again at apply, never compared'),
    checksum: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('over everything else in this file, in canonical form'),
  })
  .describe('A plan as it was reviewed; `tollgate apply --plan FILE` applies what of it still holds.');

/** Impact is for people and archives: whatever a later version makes of it, the plan is the same plan. */
const readableSchema = planFileSchema.extend({ impact: z.unknown() });

export type PlanFile = z.infer<typeof planFileSchema>;
export type PlanFileChange = PlanFile['changes'][number];

export interface PlanFileFacts {
  readonly tool: string;
  readonly commit: string | null;
}

export function buildPlanFile(plan: Plan, facts: PlanFileFacts): PlanFile {
  const content = {
    format: 'tollgate-plan' as const,
    version: planFileVersion as typeof planFileVersion,
    ...facts,
    environment: plan.environment,
    organisation: plan.organisation,
    base_url: plan.baseUrl,
    place: plan.place,
    interprets: {
      gateway: { ...plan.interprets.gateway },
      pricing_source: plan.interprets.pricingSource,
    },
    mode: plan.mode,
    digest: plan.digest,
    changes: plan.changes.map((change) => ({
      id: change.id,
      kind: change.key.kind,
      workspace: change.key.workspace,
      name: change.key.name,
      live_id: change.liveId,
      action: change.action,
      direction: change.direction,
      before: change.before,
      after: change.after,
      starting: change.starting,
      ...(change.until === undefined ? {} : { until: change.until }),
      via_star: change.viaStar === true,
      fingerprint: change.fingerprint,
    })),
    record_lines: plan.recordLines.map(({ action, key, detail, liveId }) => ({
      action,
      key,
      detail,
      live_id: liveId ?? null,
    })),
    stars: plan.stars.map(({ workspace, fields: declared }) => ({ workspace, fingerprint: digestOf(declared) })),
    // As of a moment: outside the digest, inside the checksum.
    impact: plan.impact,
  };
  return { ...content, checksum: digestOf(content) };
}

/** The same plan, the same bytes; indented, since people open it. */
export function renderPlanFile(file: PlanFile): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(file)), null, 2)}\n`;
}

/** @throws UserError when it is cut off, edited, of an unknown version, or no plan at all */
export function parsePlanFile(text: string, name: string): PlanFile {
  const refuse = (why: string, hint = 'Make a new plan with `tollgate plan --out FILE`.'): never => {
    throw new UserError(`${name} is not a plan to apply: ${why}`, { hint });
  };
  let document: unknown;
  try {
    document = parseBoundedJson(text);
  } catch {
    return refuse('it is not JSON; it may have been cut off');
  }
  const head = z.object({ format: z.literal('tollgate-plan'), version: z.unknown() }).safeParse(document);
  if (!head.success) return refuse('it does not say `"format": "tollgate-plan"`');
  if (head.data.version !== planFileVersion) {
    refuse(
      `it has format version ${String(head.data.version)}, and this tollgate reads ${planFileVersion}`,
      head.data.version === 1
        ? 'An earlier tollgate wrote it: its fingerprints do not say which live objects are meant. Make a new plan with `tollgate plan --out FILE`, and have that reviewed.'
        : 'Use the tollgate that wrote it, or make a new plan.',
    );
  }
  const parsed = readableSchema.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(`${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is not as it should be'}`);
  }
  const file = parsed.data as PlanFile;
  const edited = file.changes.find(
    (change) => change.fingerprint !== fingerprintOf({ ...change, liveId: change.live_id }),
  );
  if (edited !== undefined) refuse(`change ${edited.id} does not match its fingerprint: the file was edited`);
  if (file.digest !== digestPlan(toDigested(file))) {
    refuse('its digest does not match its content: the file was edited');
  }
  // Fingerprints and digest say what is done; environment, organisation and what `"*"` declared are vouched for here.
  const { checksum, ...content } = document as Readonly<Record<string, unknown>>;
  if (checksum !== digestOf(content)) refuse('its checksum does not match its content: the file was edited');
  return file;
}

function toDigested({
  environment,
  base_url: baseUrl,
  place,
  interprets,
  changes,
  record_lines: lines,
}: PlanFile): Digested {
  const recordLines = lines.map(({ live_id: liveId, ...line }) => (liveId === null ? line : { ...line, liveId }));
  const { gateway, pricing_source: pricingSource } = interprets;
  return { environment, baseUrl, place, interprets: { gateway, pricingSource }, changes, recordLines };
}

/** A reviewed change in the form of a planned one, for outcomes of what the plan does not hold any more. */
export function toPastChange(change: PlanFileChange): Change {
  return {
    id: change.id,
    key: { kind: change.kind, workspace: change.workspace, name: change.name },
    workspaceId: null,
    liveId: change.live_id,
    action: change.action,
    cause: 'edited',
    reason: 'changed',
    direction: change.direction,
    before: change.before,
    after: change.after,
    fieldChanges: [],
    source: null,
    dependsOn: [],
    fingerprint: change.fingerprint,
    notes: [],
    entry: null,
    starting: change.starting,
    ...(change.until === undefined ? {} : { until: change.until }),
  };
}

/** A plan for something else is refused whole: names mean other things there. */
export function checkPlanFile(file: PlanFile, plan: Plan, name: string): void {
  const pairs = [
    ['environment', file.environment, plan.environment],
    ['organisation', file.organisation.toLowerCase(), plan.organisation.toLowerCase()],
    ['control plane', file.base_url, plan.baseUrl],
    ['the record at', file.place, plan.place],
  ] as const;
  for (const [what, reviewed, now] of pairs) {
    if (reviewed === now) continue;
    throw new UserError(`${name} is a plan for ${what} ${reviewed}, and this run is for ${now}`);
  }
}
