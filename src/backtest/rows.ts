/** The columns of rows as limits speak of them. */

/**
 * The words behind the codes, by column: `workspace` (slug), `api_key` (id), `virtual_key` (slug), `provider` (vendor), `model`
 * (`@vendor/model`), `config`, `prompt`, `metadata.<key>`. A list grows while rows are read; a code keeps its word.
 */
export type RowWords = Readonly<Record<string, readonly string[] | undefined>>;
