/** The one table of tools: the command line, the server for agents and the documentation go by it. */

import { listLogExportsTool } from './list-log-exports.ts';
import { listWorkspacesTool } from './list-workspaces.ts';
import type { Tool } from './tool.ts';

export const tools: readonly Tool[] = [listWorkspacesTool, listLogExportsTool];

export function findTool(name: string): Tool | undefined {
  return tools.find((tool) => tool.name === name);
}
