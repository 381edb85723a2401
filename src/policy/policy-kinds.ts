import type { Kind, PolicyKind } from '../resources/types.ts';

export function isPolicyKind(kind: Kind): kind is PolicyKind {
  return kind === 'usage-policy' || kind === 'rate-policy';
}
