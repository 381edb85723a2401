/**
 * A file for a workspace that none is about, as a proposal makes it: what is live there is declared as it is, and the organisation's
 * defaults hold from the merge on. Pure.
 */

import type { LiveWorkspace } from '../live/live.ts';
import type { PolicyFile } from '../policy/compile.ts';
import { isRefused, readValue, setValue } from '../policy/yaml-splice.ts';
import { type Added, type AddInput, freePath, newFile, writtenRef } from './add-unmanaged.ts';
import { addressesOf, someNames } from './policy-texts.ts';
import { ProposalRefusal } from './proposal.ts';

export interface DeclaredWorkspace {
  readonly file: PolicyFile;
  readonly notes: readonly string[];
}

/**
 * @param added what is live there, in the file that keeps defaults out: so that nothing which is live is changed by declaring it
 * @throws ProposalRefusal
 */
export function declareWorkspace(workspace: LiveWorkspace, added: Added, input: AddInput): DeclaredWorkspace {
  const written = writtenRef(workspace);
  const { path, text } = added.files[0] ?? { path: freePath(input, written), text: newFile(input, written) };
  const kept = addressesOf(readValue(text, ['skip_defaults']));
  const edited = setValue(text, ['skip_defaults'], undefined);
  if (isRefused(edited)) throw new ProposalRefusal('conflict', `no file can be made for it: ${edited.refusal}`);
  const own = new Set(added.additions.map(({ key: { name } }) => name));
  const list = (names: readonly string[]): string => someNames(names, 5);
  const give = kept.filter((name) => own.has(name));
  const hold = kept.filter((name) => !own.has(name));
  return {
    file: { path, text: edited.text },
    notes: [
      ...(hold.length === 0 ? [] : [`The organisation's defaults hold there from the merge on: ${list(hold)}.`]),
      ...(give.length === 0
        ? []
        : [`What is live under the name of a default stays as it is, and the default does not hold: ${list(give)}.`]),
    ],
  };
}
