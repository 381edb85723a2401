/** Which addresses anybody may be sent to: what a pull request names must not lead into the network that the run stands in. */

/** IPv4 networks that are not the public internet (IANA's special-purpose registry): first address, bits. */
const special: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local, with the metadata services of the clouds.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

/** @param address IPv4 or IPv6 as a resolver gives it; anything else is not public */
export function isPublicAddress(address: string): boolean {
  const four = parseIPv4(address);
  return four === null ? isPublicIPv6(address) : isPublicIPv4(four);
}

/** A host as `URL` writes it: names count as public until they are resolved, but for those that never are. */
export function isPublicHost(host: string): boolean {
  const inner = /^\[(.*)\]$/.exec(host)?.[1];
  if (inner !== undefined) return isPublicIPv6(inner);
  const four = parseIPv4(host);
  if (four !== null) return isPublicIPv4(four);
  const name = host.toLowerCase().replace(/\.$/, '');
  return name.includes('.') && !/(?:^|\.)(?:localhost|local|internal|localdomain|home\.arpa)$/.test(name);
}

function isPublicIPv4(address: number): boolean {
  return !special.some(([first, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor((parseIPv4(first) ?? 0) / size);
  });
}

/** Global unicast alone, without the ranges that documentation and tunnels take of it. */
function isPublicIPv6(address: string): boolean {
  const groups = parseIPv6(address);
  if (groups === null) return false;
  const [a = 0, b = 0, c = 0] = groups;
  const last = (groups[6] ?? 0) * 65_536 + (groups[7] ?? 0);
  const isZero = (from: number, to: number): boolean => groups.slice(from, to).every((group) => group === 0);
  // IPv4 inside IPv6: mapped, and as translators between the two write it.
  if (isZero(0, 5) && groups[5] === 0xffff) return isPublicIPv4(last);
  if (a === 0x64 && b === 0xff9b && isZero(2, 6)) return isPublicIPv4(last);
  if (a === 0x2002) return isPublicIPv4(b * 65_536 + c);
  const isTunnelOrExample = a === 0x2001 && (b < 0x200 || b === 0xdb8);
  return a >= 0x2000 && a <= 0x3ffe && !isTunnelOrExample;
}

function parseIPv4(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** Eight groups; null for anything else. `URL` knows every way of writing them. */
function parseIPv6(text: string): readonly number[] | null {
  const url = `http://[${text.replace(/%.*$/s, '')}]/`;
  if (!URL.canParse(url)) return null;
  const [head = '', tail] = new URL(url).hostname.slice(1, -1).split('::');
  const groupsOf = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const first = groupsOf(head);
  const last = tail === undefined ? [] : groupsOf(tail);
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}
