/** What of the working directory the commands need: policy files that compile, and the place of the record. */

import { UserError, type UserErrorExit } from '../../errors.ts';
import type { AppliedRecord } from '../../plan/applied-record.ts';
import { tryPush } from '../../record/try-push.ts';
import type { CheckView } from '../../render/doctor.ts';
import type { Desired } from '../../resources/types.ts';
import { loadPolicies } from '../../run/load-policies.ts';
import { type OpenRecord, openRecord, requireOwnRecord } from '../../run/open-record.ts';
import type { CommonOptions, Session } from '../../run/session.ts';

export interface DirectoryCheck {
  readonly view: CheckView;
  /** How a run that needs it would end; null: it is fine. */
  readonly exit: UserErrorExit | null;
}

const blank = { group: 'repository', scopes: [], request: null } as const;

export interface PoliciesCheck extends DirectoryCheck {
  /** Null: no files, or files with errors. */
  readonly desired: Desired | null;
  readonly found: boolean;
}

export async function checkPolicies(options: CommonOptions, session: Session): Promise<PoliciesCheck> {
  const base = { ...blank, id: 'policies', title: 'policy files', needed: true };
  try {
    const { desired, files, diagnostics } = await loadPolicies(options, session);
    const count = `${files.length} ${files.length === 1 ? 'file' : 'files'} in ${options.dir}`;
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    if (desired !== null) {
      return { view: { ...base, state: 'works', detail: count, advice: null }, exit: null, desired, found: true };
    }
    const detail = `${errors} ${errors === 1 ? 'error' : 'errors'} in ${count}`;
    const advice = '`tollgate validate` lists every problem with its place.';
    return { view: { ...base, state: 'broken', detail, advice }, exit: 'invalid', desired, found: true };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // doctor, import and status do without.
    const view: CheckView = {
      ...base,
      needed: false,
      state: 'note',
      detail: error.message,
      advice: error.hint ?? null,
    };
    return { view, exit: null, desired: null, found: false };
  }
}

export interface RecordCheck extends DirectoryCheck {
  /** Missing: there is none, or it cannot be read. */
  readonly record?: AppliedRecord;
}

/** @param baseUrl null: not known, so the record is not compared with it */
export async function checkRecord(
  options: CommonOptions,
  { desired, found }: PoliciesCheck,
  baseUrl: string | null,
  session: Session,
): Promise<RecordCheck[]> {
  const base = { ...blank, id: 'record', title: 'applied record', needed: true };
  const isNamed = options.recordFile !== undefined || options.backend === 'emulator';
  if (desired === null && !isNamed) {
    const detail = `${found ? 'the policy files cannot be read' : 'there are no policy files'}, and they say where it is`;
    return [{ view: { ...base, needed: false, state: 'not-tried', detail, advice: null }, exit: null }];
  }
  try {
    const opened = await openRecord(options, desired ?? { environment: '' }, session);
    const { store, inGit } = opened;
    const stored = await session.waiting(`reading ${store.description}`, store.read());
    const push = await checkPush(opened, session);
    if (stored === null) {
      const detail = `none yet in ${store.description}: the first apply writes it`;
      return [{ view: { ...base, state: 'note', detail, advice: null }, exit: null }, ...push];
    }
    const { record } = stored;
    const detail = `${store.description}, applied ${record.appliedAt.slice(0, 16).replace('T', ' ')} UTC by ${record.appliedBy}`;
    const place: RecordCheck = { view: { ...base, state: 'works', detail, advice: null }, exit: null, record };
    const owner = desired === null || baseUrl === null ? [] : checkOwner(record, desired, baseUrl, inGit);
    return [place, ...push, ...owner];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const view: CheckView = { ...base, state: 'broken', detail: error.message, advice: error.hint ?? null };
    return [{ view, exit: error.exit }];
  }
}

/** Of whoever applies: to plan, a record that can be read is enough. */
async function checkPush({ checkout, ref }: OpenRecord, session: Session): Promise<DirectoryCheck[]> {
  if (checkout === null || checkout.remote === null || ref === null || session.surroundings?.openStore !== undefined) {
    return [];
  }
  const base = { ...blank, id: 'record-push', title: 'push of the record', needed: false };
  const repository = await checkout.open({ token: session.recordToken });
  const refused = await session.waiting(`trying a push to ${checkout.remote}`, tryPush(repository, ref));
  const view: CheckView =
    refused === null
      ? {
          ...base,
          state: 'works',
          detail: `a dry run is let in by ${checkout.remote}; what rules and hooks say of ${ref} was not tried`,
          advice: null,
        }
      : {
          ...base,
          state: 'refused',
          detail: refused,
          advice: `Plans do without. Whoever applies has to push ${ref}: in CI give the job write access to the repository (Actions: \`permissions: contents: write\`).`,
        };
  return [{ view, exit: null }];
}

/** A check of its own: whoever only looks back needs no record of this control plane. */
function checkOwner(record: AppliedRecord, desired: Desired, baseUrl: string, inGit: boolean): DirectoryCheck[] {
  try {
    requireOwnRecord(record, desired, baseUrl, inGit);
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const base = { ...blank, id: 'record-owner', title: 'what the record is of', needed: true };
    const said = { state: 'broken', detail: error.message, advice: error.hint ?? null } as const;
    return [{ view: { ...base, ...said }, exit: error.exit }];
  }
}

/** A key of another organisation would plan one company's files onto another. */
export function checkOrganisation(desired: Desired | null, seen: string | null): DirectoryCheck | null {
  if (desired === null || seen === null) return null;
  const base = { ...blank, id: 'organisation', title: 'organisation', needed: true };
  if (desired.organisation.toLowerCase() === seen.toLowerCase()) {
    return {
      view: { ...base, state: 'works', detail: 'the files and the key name the same', advice: null },
      exit: null,
    };
  }
  const detail = `the files say ${desired.organisation}, the key belongs to ${seen}`;
  const advice = 'Set PORTKEY_API_KEY to a key of that organisation, or name the other directory with --dir.';
  return { view: { ...base, state: 'broken', detail, advice }, exit: 'invalid' };
}
