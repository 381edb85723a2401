/** Addresses of mail, as an envelope takes them. */

import { domainToASCII } from 'node:url';

/** Recipients of one envelope: servers take a hundred at least (RFC 5321), some say no earlier. */
const mostRecipients = 50;

/** Without the forms that route it elsewhere, quote what no form has, or end a line of the protocol. */
export function isMailAddress(text: string): boolean {
  return text.length <= 254 && address.test(text) && domainOf(text) !== '';
}

const address = /^[^\s@,;:<>()[\]\\"\p{C}]{1,64}@[^\s@,;:<>()[\]\\"\p{C}.]+(?:\.[^\s@,;:<>()[\]\\"\p{C}.]+)*$/u;

/** In ASCII, as servers name it; empty where it has no such form. */
export function domainOf(text: string): string {
  return domainToASCII(text.slice(text.lastIndexOf('@') + 1));
}

export function isSameAddress(one: string, other: string): boolean {
  const localOf = (text: string): string => text.slice(0, text.lastIndexOf('@'));
  return localOf(one) === localOf(other) && domainOf(one) === domainOf(other);
}

/**
 * Envelopes: those whose names are not ASCII apart, since few servers take them, and one that does not would refuse everybody else
 * along with them.
 */
export function divideRecipients(addresses: readonly string[]): readonly (readonly string[])[] {
  const isPlain = (text: string): boolean => /^\p{ASCII}*$/u.test(text.slice(0, text.lastIndexOf('@')));
  const unique = [...new Set(addresses)];
  return [unique.filter(isPlain), unique.filter((text) => !isPlain(text))].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / mostRecipients) }, (_, index) =>
      group.slice(index * mostRecipients, (index + 1) * mostRecipients),
    ),
  );
}
