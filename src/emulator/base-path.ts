/** What stands in front of every path of the service. */

export const basePath = '/v1';

/** Of what a self-hosted gateway answers itself. */
export const gatewayPath = '/gateway/v1';

/** Whether it serves: 200. */
export const healthPath = '/health';

/** Below the prefix and without a closing slash, which names the same route. */
export function cutBase(path: string): string {
  const below = path.startsWith(basePath) ? path.slice(basePath.length) : path;
  return below.length > 1 && below.endsWith('/') ? below.slice(0, -1) : below;
}
