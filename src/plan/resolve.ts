/** Names → ids, once per run; `"*"` → the keys that it reaches. */

import type { Diagnostic } from '../diagnostics.ts';
import type { Live, LiveObject, LiveWorkspace } from '../live/live.ts';
import type { LiveIndex } from '../live/live-index.ts';
import { hasExpired } from '../live/row-state.ts';
import { didYouMean } from '../nearest-name.ts';
import { isSame } from '../resources/canonical.ts';
import { isPolicyKind, specOf } from '../resources/registry.ts';
import type { Desired, DesiredEntry, DesiredWorkspace, Fields, Forget } from '../resources/types.ts';
import type { WireKey } from '../resources/wire.ts';
import { yieldExpired } from './expired.ts';
import { withoutForgotten } from './forget.ts';
import { Problems } from './problems.ts';
import type { RecordIndex } from './record-index.ts';
import type { Resolution, ResolvedEntry, Unplanned } from './resolution.ts';
import { hasKeyNames, resolveMatch } from './resolve-match.ts';
import type { PlanNote } from './types.ts';
import { offeredPrices } from './unknown-models.ts';
import { isInDoubt } from './unreadable.ts';
import { unknownId, writtenId } from './written-id.ts';

export function resolveDesired(desired: Desired, index: LiveIndex, record: RecordIndex, now: Date): Resolution {
  const resolver = new Resolver(index, record, now, desired.forget);
  resolver.resolveWorkspaces(desired);
  for (const entry of desired.entries) resolver.resolveEntry(entry);
  resolver.expandStars();
  return resolver.result();
}

class Resolver {
  readonly #live: Live;
  readonly #index: LiveIndex;
  readonly #record: RecordIndex;
  readonly #now: Date;
  readonly #forget: readonly Forget[];
  readonly #problems = new Problems();
  readonly #notes: PlanNote[] = [];
  readonly #entries: ResolvedEntry[] = [];
  readonly #unplanned: Unplanned[] = [];
  readonly #workspaces = new Map<string, LiveWorkspace>();
  readonly #stars: { entry: DesiredEntry; workspace: LiveWorkspace | null }[] = [];

  constructor(index: LiveIndex, record: RecordIndex, now: Date, forget: readonly Forget[]) {
    this.#live = index.live;
    this.#index = index;
    this.#record = record;
    this.#now = now;
    this.#forget = forget;
  }

  result(): Resolution {
    return {
      entries: this.#entries,
      problems: this.#problems,
      notes: this.#notes,
      workspaces: this.#workspaces,
      unplanned: this.#unplanned,
      stars: this.#stars.map(({ entry, workspace }) => ({ workspace: workspace?.slug ?? '', fields: entry.fields })),
    };
  }

  resolveWorkspaces(desired: Desired): void {
    const byId = new Map<string, DesiredWorkspace>();
    for (const workspace of desired.workspaces) {
      const { ref, source } = workspace;
      const found = this.#index.findWorkspace(ref);
      if (found === undefined) {
        const wasRecorded = this.#record.all.some(
          ({ workspaceId, workspaceSlug }) => workspaceSlug === ref || workspaceId === ref,
        );
        const unread = this.#live.unreadable?.find((row) => {
          if (row.kind !== 'workspace-limits') return false;
          const isRecorded = this.#record.all.some(
            ({ workspaceId, workspaceSlug }) =>
              workspaceId === row.id && (workspaceSlug === ref || workspaceId === ref),
          );
          return isRecorded || row.id === ref.toLowerCase() || row.name === ref;
        });
        if (unread !== undefined) {
          this.#note(
            'unread',
            ref,
            source,
            `workspace "${ref}" is live and its row cannot be read; nothing of it is planned`,
          );
        } else if (wasRecorded) {
          this.#note(
            'workspace-gone',
            ref,
            source,
            `workspace "${ref}" is recorded but no longer live (archived or deleted); nothing of it is planned`,
          );
        } else {
          const slugs = this.#live.workspaces.map(({ slug }) => slug);
          this.#error('unknown-workspace', source, `no live workspace "${ref}"${didYouMean(ref, slugs)}`);
        }
        continue;
      }
      const twin = byId.get(found.id);
      if (twin !== undefined) {
        this.#error(
          'duplicate-workspace',
          source,
          `"${ref}" and "${twin.ref}" in ${twin.source.file} are one workspace, by its slug and by its UUID: merge the two files, or delete the one that is a copy`,
        );
        continue;
      }
      byId.set(found.id, workspace);
      this.#workspaces.set(ref, found);
    }
  }

  resolveEntry(entry: DesiredEntry): void {
    const workspace = entry.workspace === null ? null : this.#workspaces.get(entry.workspace);
    // The workspace itself is gone or unknown; that has been said once.
    if (workspace === undefined) return;
    if (isPolicyKind(entry.kind)) {
      const fields = this.#resolveKeyNames(entry, workspace);
      if (fields === null) this.#unplanned.push({ entry, workspace });
      else this.#push(entry, workspace, entry.name, fields, null, false);
    } else if (entry.kind === 'key-limits' && entry.name === '*') {
      this.#stars.push({ entry, workspace });
    } else {
      this.#resolveAttachment(entry, workspace);
    }
  }

  #resolveAttachment(entry: DesiredEntry, workspace: LiveWorkspace | null): void {
    const workspaceId = workspace?.id ?? null;
    const candidates = this.#index.at(entry.kind, workspaceId);
    const recorded = this.#record.byName(entry.kind, workspaceId, entry.name)?.entry;
    const named = yieldExpired(candidates.byName(entry.liveName ?? entry.name), this.#now);
    const written = writtenId(entry);
    const byId = candidates.byId(written ?? '');
    const remembered = candidates.byId(recorded?.id ?? '');
    // A recorded one that has expired is not an answer where others of the name are in use: they would have no limit.
    const isReplaced =
      remembered !== undefined &&
      hasExpired(remembered, this.#now.getTime()) &&
      named.some((object) => !hasExpired(object, this.#now.getTime()));
    const byRecord = isReplaced ? undefined : remembered;
    const byName = named.length === 1 ? named[0] : undefined;
    // Whoever writes an id means that object: a name decides only where there is none, or where even the recorded one is gone.
    const object = byId ?? (written === undefined ? (byName ?? byRecord) : (byRecord ?? byName));
    if (byId === undefined && written !== undefined && recorded === undefined) {
      const where = workspace === null ? null : workspace.slug;
      this.#problems.add(unknownId(entry, where, candidates.all, this.#live.objects), workspaceId);
      this.#unplanned.push({ entry, workspace });
    } else if (object !== undefined) {
      const reachedByStar = this.#isReachedByStar(object) && entry.fieldsOverStar !== undefined;
      const overStar = reachedByStar ? entry.fieldsOverStar : undefined;
      const declared = (overStar && withoutForgotten(overStar, this.#forget, entry)) ?? entry.fields;
      const { fields, problems, notes } = offeredPrices({ ...entry, fields: declared }, object, recorded?.fields ?? {});
      for (const problem of problems) this.#problems.add(problem, workspaceId);
      this.#notes.push(...notes);
      this.#push(entry, workspace, entry.name, fields, object, false);
      if (object === byRecord && named.length === 0 && byId === undefined && object.name !== null) {
        this.#note(
          'renamed-by-hand',
          workspace?.slug ?? null,
          entry.source,
          `${describe(entry)} is now called "${object.name}" live; it is still the one that was recorded`,
        );
      }
      const others = byId === undefined ? named.filter((other) => other !== object) : [];
      if (others.length > 0) {
        this.#note(
          'namesake',
          workspace?.slug ?? null,
          entry.source,
          `${describe(entry)} is the recorded one (${object.id}); also called so live, without these limits: ${others.map(({ id }) => id).join(', ')}`,
        );
      }
    } else if (named.length > 1) {
      const ids = named.map(({ id }) => id).join(', ');
      this.#error(
        'ambiguous-name',
        entry.source,
        `${named.length} live objects are called "${entry.name}" (${ids}); write the one that is meant as \`id:\``,
        workspace,
      );
      this.#unplanned.push({ entry, workspace });
    } else if (isInDoubt(this.#live, entry.kind, workspaceId)) {
      this.#unplanned.push({ entry, workspace });
      this.#note(
        'unread',
        workspace?.slug ?? null,
        entry.source,
        `${describe(entry)} is not among the live rows that can be read; nothing is planned for it`,
      );
    } else if (recorded !== undefined) {
      this.#unplanned.push({ entry, workspace });
      this.#note(
        'gone',
        workspace?.slug ?? null,
        entry.source,
        `${describe(entry)} is recorded but no longer live; nothing is planned for it${isSame(recorded.fields, entry.fields) ? '' : ', and what the files say of it now is owed'}`,
      );
    } else {
      this.#reportUnknown(entry, workspace, candidates.all);
      this.#unplanned.push({ entry, workspace });
    }
  }

  #reportUnknown(entry: DesiredEntry, workspace: LiveWorkspace | null, candidates: readonly LiveObject[]): void {
    const place = workspace === null ? 'the organisation' : `workspace ${workspace.slug}`;
    const known = candidates.flatMap(({ name }) => name ?? []);
    if (entry.kind === 'integration-limits' || entry.kind === 'integration-prices') {
      if (!this.#live.integrations.includes(entry.name)) {
        const guess = didYouMean(entry.name, this.#live.integrations);
        this.#error('unknown-integration', entry.source, `no live integration "${entry.name}"${guess}`, workspace);
      } else if (workspace === null) {
        this.#error(
          'integration-not-shared',
          entry.source,
          `integration "${entry.name}" gives nothing to new workspaces (its access for all workspaces is off); tollgate sets limits and never grants access`,
        );
      } else {
        this.#error(
          'integration-not-shared',
          entry.source,
          `integration "${entry.name}" is not shared with ${place}; tollgate sets limits and never grants access`,
          workspace,
        );
      }
      return;
    }
    const word = specOf(entry.kind).label;
    this.#error(
      `unknown-${word}`,
      entry.source,
      `no live ${word} "${entry.name}" in ${place}${didYouMean(entry.name, known)}`,
      workspace,
    );
  }

  expandStars(): void {
    // What is declared by name; no two stars reach one key.
    const taken = new Set(this.#entries.flatMap(({ live }) => live?.id ?? []));
    for (const { entry, workspace } of this.#stars) {
      const workspaceId = workspace?.id ?? null;
      const keys = this.#index.at(entry.kind, workspaceId).all;
      const names = new Map<string, number>();
      for (const { name } of keys) names.set(name ?? '', (names.get(name ?? '') ?? 0) + 1);
      for (const key of keys) {
        const wasReached = this.#record.byId('key-limits', workspaceId, key.id)?.entry.viaStar === true;
        // What a key is may change; only expiry ends its being reached (plan-attachments.ts keeps such a one as it is).
        if (taken.has(key.id) || hasExpired(key, this.#now.getTime()) || !(this.#isReachedByStar(key) || wasReached))
          continue;
        const isUnique = key.name !== null && key.name !== '' && names.get(key.name) === 1;
        const name = isUnique ? (key.name ?? key.id) : `${key.name ?? ''}#${key.id}`;
        const fields = withoutForgotten(entry.fields, this.#forget, { ...entry, name: key.name });
        if (fields !== null) this.#push(entry, workspace, name, fields, key, true);
      }
    }
  }

  /** Live service keys that have not expired; user keys and those made for members only by name. */
  #isReachedByStar(object: LiveObject): boolean {
    if (object.kind !== 'key-limits') return false;
    const key = object.row as WireKey;
    return key.type === 'workspace-service' && key.creation_mode !== 'auto' && !hasExpired(object, this.#now.getTime());
  }

  #resolveKeyNames(entry: DesiredEntry, workspace: LiveWorkspace | null): Fields | null {
    const match = entry.fields.match;
    if (!hasKeyNames(match)) return entry.fields;
    const keys = this.#index.at('key-limits', workspace?.id ?? null);
    const recordedAs = (name: string | undefined) =>
      name === undefined ? undefined : this.#record.byName(entry.kind, workspace?.id ?? null, name);
    const resolved = resolveMatch(match, {
      named: (name) => yieldExpired(keys.byName(name), this.#now),
      isLive: (id) => keys.byId(id) !== undefined,
      recorded: (recordedAs(entry.name) ?? recordedAs(entry.previously))?.entry.fields.match,
    });
    const source = entry.fieldSources.match ?? entry.source;
    for (const { name, ids } of resolved.ambiguous) {
      const said = `${ids.length} live keys are called "${name}" (${ids.join(', ')})`;
      this.#error('ambiguous-name', source, `${said}; write the id of the one that is meant`, workspace);
    }
    for (const { name, id, others } of resolved.namesakes) {
      const said = `key "${name}" in the match of policy "${entry.name}" is the recorded one (${id})`;
      this.#note(
        'namesake',
        workspace?.slug ?? null,
        source,
        `${said}; also called so live, and not counted: ${others.join(', ')}`,
      );
    }
    const unfound = [...resolved.unknown, ...resolved.gone];
    if (unfound.length > 0 && isInDoubt(this.#live, 'key-limits', workspace?.id ?? null)) {
      for (const name of unfound) {
        const said = `key "${name}" in the match of policy "${entry.name}" is not among the live keys that can be read`;
        this.#note('unread', workspace?.slug ?? null, source, `${said}; the policy is left as it is`);
      }
      return null;
    }
    for (const name of resolved.unknown) {
      const guess = didYouMean(
        name,
        keys.all.flatMap((key) => key.name ?? []),
      );
      this.#error(
        'unknown-key',
        source,
        `no live key "${name}" in workspace ${workspace?.slug ?? ''}${guess}`,
        workspace,
      );
    }
    // A deleted key must not stop every plan of the organisation.
    for (const name of resolved.gone) {
      const said = `key "${name}" in the match of policy "${entry.name}" is no longer live`;
      this.#note('gone', workspace?.slug ?? null, source, `${said}; its id stays in the match, as recorded`);
    }
    if (resolved.unknown.length + resolved.ambiguous.length > 0) return null;
    return { ...entry.fields, match: resolved.match };
  }

  #push(
    entry: DesiredEntry,
    workspace: LiveWorkspace | null,
    name: string,
    fields: Fields,
    live: LiveObject | null,
    viaStar: boolean,
  ): void {
    this.#entries.push({ entry, workspace, name, fields, live, viaStar });
  }

  #error(code: string, source: Diagnostic['source'], message: string, workspace: LiveWorkspace | null = null): void {
    this.#problems.add({ code, severity: 'error', message, source }, workspace?.id ?? null);
  }

  #note(code: string, workspace: string | null, source: PlanNote['source'], message: string): void {
    this.#notes.push({ code, severity: 'warning', workspace, message, source });
  }
}

function describe(entry: DesiredEntry): string {
  return `${specOf(entry.kind).label} "${entry.name}"`;
}
