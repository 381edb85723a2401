/** Who asks, and what the token lets them do. */

import { actionsBot, type Repository, type Role, roleOf } from './state.ts';

export type Area =
  | 'actions'
  | 'administration'
  | 'checks'
  | 'contents'
  | 'issues'
  /** Of the organisation: no token of a workflow run has it. */
  | 'members'
  | 'metadata'
  | 'pull-requests'
  | 'statuses';
export type Level = 'read' | 'write';
/** As `permissions:` of a workflow writes it. */
export type Permission = `${Area}: ${Level}`;

export type TokenGrant =
  /** What a workflow run gets as `GITHUB_TOKEN`: one repository, exactly these permissions, and metadata. */
  | {
      readonly kind: 'actions';
      /** `owner/name`; default: the first repository. */
      readonly repository?: string;
      readonly permissions: Partial<Readonly<Record<Area, Level>>>;
      /** Of another app, installed in the repository; default: `github-actions[bot]`. */
      readonly app?: string;
    }
  /** A personal token: what its owner may do, everywhere. */
  | { readonly kind: 'user'; readonly login: string };

export interface Viewer {
  readonly token: string;
  readonly grant: TokenGrant;
  readonly login: string;
}

/** All that a workflow can be given: no token of a run administers. */
export const allPermissions: Partial<Readonly<Record<Area, Level>>> = {
  actions: 'write',
  checks: 'write',
  contents: 'write',
  issues: 'write',
  metadata: 'read',
  'pull-requests': 'write',
  statuses: 'write',
};

export function findViewer(
  tokens: ReadonlyMap<string, TokenGrant>,
  authorization: string | undefined,
): Viewer | undefined {
  const token = /^(?:token|bearer) (\S+)$/i.exec(authorization ?? '')?.[1];
  const grant = token === undefined ? undefined : tokens.get(token);
  if (token === undefined || grant === undefined) return undefined;
  return { token, grant, login: grant.kind === 'user' ? grant.login : (grant.app ?? actionsBot) };
}

/** One that is not to be seen looks as if it were not there. */
export function canSee(viewer: Viewer, repository: Repository, home: Repository | undefined): boolean {
  if (!repository.private) return true;
  return viewer.grant.kind === 'actions' ? repository === home : roleOf(repository, viewer.login) !== 'none';
}

/** Anybody reads a public repository, save what its workflows left. */
function isOpenToAll(permission: Permission): boolean {
  return (
    permission.endsWith(': read') && permission !== 'actions: read' && !/^(?:administration|members)/.test(permission)
  );
}

export function isAllowed(
  viewer: Viewer,
  repository: Repository,
  home: Repository | undefined,
  needs: readonly Permission[],
): boolean {
  const { grant } = viewer;
  if (needs.length === 0 || needs.includes('metadata: read')) return true;
  if (!repository.private && needs.some(isOpenToAll)) return true;
  return needs.some((permission) => {
    const [area, level] = permission.split(': ') as [Area, Level];
    if (grant.kind === 'actions') {
      const held = repository === home ? grant.permissions[area] : undefined;
      return held === 'write' || held === level;
    }
    // Checks are written by apps alone.
    if (permission === 'checks: write') return false;
    return isRoleEnough(roleOf(repository, grant.login), area, level);
  });
}

function isRoleEnough(role: Role, area: Area, level: Level): boolean {
  if (role === 'none') return false;
  if (area === 'administration') return role === 'admin';
  if (level === 'read' || role === 'write' || role === 'maintain' || role === 'admin') return true;
  // Whoever reads may open issues and speak.
  return role === 'triage' && (area === 'issues' || area === 'pull-requests');
}
