/** `@provider/model`, as in requests and in conditions. */

export interface ModelName {
  /** A provider (`openai`), or the slug of an integration. */
  readonly provider: string;
  /** The provider's own name of the model; it may hold slashes. */
  readonly model: string;
}

/** Also the name of a file and a part of an address: no slash, and no dot at its start. */
const providerName = /^[A-Za-z0-9][\w.-]{0,99}$/;

/** Null for anything else, `@openai/*` included: that is many models. */
export function parseModelName(text: string): ModelName | null {
  const [, provider = '', model = ''] = /^@([^/]+)\/(\S+)$/.exec(text) ?? [];
  return providerName.test(provider) && model !== '' && !model.endsWith('*') && model.length <= 300
    ? { provider, model }
    : null;
}
