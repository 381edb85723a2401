/** Groups of workspaces against one another and the files: a workspace answers for one ceiling. */

import type { Desired } from '../resources/types.ts';
import { groupNamesOf, isGlob } from '../resources/workspace-groups.ts';
import { patterns } from './patterns.ts';
import { quote } from './quote.ts';
import { placeAt, type Report } from './report.ts';

/** As far as files tell: those that have one, and those that a group names in full. Two globs may meet on a live one, see rules. */
export function oneGroupPerWorkspace({ desired }: { readonly desired: Desired }, report: Report): void {
  const { groups = {}, settingSources = {}, orgFile } = desired;
  const written = Object.values(groups).flatMap(({ workspaces }) => workspaces.filter((one) => !isGlob(one)));
  const refs = [...new Set([...desired.workspaces.map(({ ref }) => ref), ...written])].sort();
  const told = new Set<string>();
  for (const ref of refs) {
    const named = patterns.uuid.test(ref) ? { id: ref, slug: '' } : { id: '', slug: ref };
    const [first, ...others] = groupNamesOf(named, groups);
    if (first === undefined) continue;
    const place = settingSources[`groups.${first}`] ?? orgFile;
    for (const other of others) {
      const key = JSON.stringify([first, other, ref.toLowerCase()]);
      if (told.has(key)) continue;
      told.add(key);
      const said = `workspace ${quote(ref)} is in group ${quote(other)}, and in group ${quote(first)} (${place.file}:${place.line}) as well: leave it in one of them`;
      report('workspace-in-two-groups', placeAt(settingSources[`groups.${other}`] ?? orgFile), said);
    }
  }
}
