/** Where this version's pages and schemas are for somebody who has neither clone nor package at hand. */

import packageJson from '../package.json' with { type: 'json' };

/** `OWNER/tollgate`; whoever publishes writes the owner into package.json. */
const repository = packageJson.mcpName.replace(/^io\.github\./, '');
const tag = `v${packageJson.version}`;

export const pagesAddress = `https://github.com/${repository}/blob/${tag}/docs`;
/** Of a tag, so that files that were checked go on being checked alike. */
export const schemasAddress = `https://raw.githubusercontent.com/${repository}/${tag}/schemas`;
