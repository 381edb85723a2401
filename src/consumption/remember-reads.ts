import type { Backend } from '../live/backend.ts';

/**
 * A backend for one look at live: whoever asks the same again, also before the first answer is there, gets the first answer.
 * Writes and the audit log go through.
 */
export function rememberReads(backend: Backend): Backend {
  const answers = new Map<string, Promise<unknown>>();
  const remember =
    <Question extends readonly (string | null)[], Answer>(
      name: string,
      read: (...question: Question) => Promise<Answer>,
    ): ((...question: Question) => Promise<Answer>) =>
    (...question) => {
      const key = JSON.stringify([name, ...question]);
      const answer = (answers.get(key) as Promise<Answer> | undefined) ?? read(...question);
      answers.set(key, answer);
      return answer;
    };
  return {
    ...backend,
    listWorkspaces: remember('workspaces', backend.listWorkspaces),
    readWorkspace: remember('workspace', backend.readWorkspace),
    listUsagePolicies: remember('usage-policies', backend.listUsagePolicies),
    listRatePolicies: remember('rate-policies', backend.listRatePolicies),
    readUsagePolicy: remember('usage-policy', backend.readUsagePolicy),
    readRatePolicy: remember('rate-policy', backend.readRatePolicy),
    listKeys: remember('keys', backend.listKeys),
    readKey: remember('key', backend.readKey),
    listProviders: remember('providers', backend.listProviders),
    readProvider: remember('provider', backend.readProvider),
    listIntegrationSlugs: remember('integrations', backend.listIntegrationSlugs),
    listIntegrationWorkspaces: remember('integration-workspaces', backend.listIntegrationWorkspaces),
    readGlobalAccess: remember('global-access', backend.readGlobalAccess),
  };
}
