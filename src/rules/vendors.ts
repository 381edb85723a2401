/** Names of vendors, as conditions compare them. */

/** Vendors as the gateway names them; a provider may be called like its vendor. */
const vendors: ReadonlySet<string> = new Set([
  'ai21',
  'anthropic',
  'anyscale',
  'azure-ai',
  'azure-openai',
  'bedrock',
  'byteplus',
  'cerebras',
  'cohere',
  'deepgram',
  'deepinfra',
  'deepseek',
  'fireworks',
  'fireworks-ai',
  'github',
  'google',
  'groq',
  'huggingface',
  'jina',
  'lambda',
  'mistral-ai',
  'modal',
  'nomic',
  'nomic-ai',
  'nscale',
  'ollama',
  'openai',
  'openrouter',
  'perplexity-ai',
  'reka-ai',
  'replicate',
  'sagemaker',
  'sambanova',
  'segmind',
  'together-ai',
  'upstage',
  'vertex-ai',
  'voyage',
  'x-ai',
]);

export function isVendor(name: string): boolean {
  return vendors.has(name);
}

/** `@openai/gpt-4o` → `openai`; nothing where there is none. */
export function vendorOf(model: string): string {
  return /^@([^/]+)\//.exec(model)?.[1] ?? '';
}
