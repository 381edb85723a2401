/** Text in places where programs make links of what looks like an address, whatever the sender meant. */

/**
 * Names come from live objects and from pull requests: an address in one must not be something that a reader of a mail can click.
 * Written so that everybody sees it: characters of no width would be copied along, and then found nowhere.
 *
 * | text | becomes |
 * |---|---|
 * | `https://example.com`, `//example.com` | `https[://]example[.]com`, `[//]example[.]com` |
 * | `www.example.test` | `www[.]example.test` |
 * | `example.com`, `someone@example.org` | `example[.]com`, `someone@example[.]org` |
 * | `mailto:a@b`, `tel:112` | `mailto[:]a@b`, `tel[:]112` |
 * | `gpt-4.1`, `workspaces/a.yaml`, `12:30` | themselves |
 */
export function writeInert(text: string): string {
  return text
    .replace(/:?(?:\/\/|\\\\)/g, '[$&]')
    .replace(/\b(?:mailto|tel|sms|javascript|data|file|magnet):(?=\S)/gi, (scheme) => `${scheme.slice(0, -1)}[:]`)
    .replace(/\bwww\./gi, (start) => `${start.slice(0, -1)}[.]`)
    .replace(domainDot, '[.]');
}

/**
 * Before a top-level domain that mail programs know without an address in front: those of countries and of their own alphabets, and
 * those of many names. Endings of files that are such domains too (`.md`, `.sh`) are taken for them.
 */
const domainDot = new RegExp(
  String.raw`(?<=[\p{L}\p{N}_-])[.\u3002\uff0e\uff61](?=(?:[a-z]{2}|xn--[a-z\d-]+|${[
    'com|net|org|edu|gov|mil|int|info|biz|name|pro|mobi|arpa|aero|coop|museum|jobs|travel|cat|tel|asia|post|xxx|app|dev',
    'page|cloud|online|site|website|web|store|shop|tech|blog|xyz|top|club|live|life|link|click|zip|mov|email|world|today',
    'news|space|fun|host|press|agency|digital|media|network|systems|solutions|services|support|security|studio|design',
    'group|company|team|work|works|run|finance|money|bank|google|amazon|microsoft|apple',
  ].join('|')}|[^\p{ASCII}\s]{2,})(?!-?[\p{L}\p{N}_]))`,
  'giu',
);
