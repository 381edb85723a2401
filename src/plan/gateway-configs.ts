/** Configs of the gateway as a plan may have read them: how calls are routed, which decides what a limit can refuse. */

export interface GatewayConfig {
  readonly slug: string;
  readonly name: string;
  /** An object, as people wrote it: nothing about its members is checked. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface WorkspaceConfigs {
  /** Those that could be read. */
  readonly configs: readonly GatewayConfig[];
  /** What is missing from them, and why; null: they are all there. */
  readonly unread: string | null;
}

/** By workspace id; workspaces that are not in it were not asked for. */
export type GatewayConfigs = ReadonlyMap<string, WorkspaceConfigs>;
