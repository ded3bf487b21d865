/** Which system an image holds, as far as its name and description tell: the API knows no more. */
import type { Image } from './kinds.ts';

export interface System {
  name: string;
  /** Two letters for its sign. */
  short: string;
}

const unknown = 'Linux';

/** The first that is named wins; derivatives stand before what they are made from. */
const systems: readonly [RegExp, System][] = [
  [/\bubuntu\b/, { name: 'Ubuntu', short: 'Ub' }],
  [/\bfedora\b/, { name: 'Fedora', short: 'Fe' }],
  [/\balma ?linux\b/, { name: 'AlmaLinux', short: 'Al' }],
  [/\brocky\b/, { name: 'Rocky Linux', short: 'Ro' }],
  [/\bcentos\b/, { name: 'CentOS', short: 'Ce' }],
  [/\b(rhel|red hat)\b/, { name: 'Red Hat Enterprise Linux', short: 'RH' }],
  [/\b(opensuse|suse|sles)\b/, { name: 'SUSE', short: 'Su' }],
  [/\b(amazon linux|amzn\d?|al2023)\b/, { name: 'Amazon Linux', short: 'AL' }],
  [/\balpine\b/, { name: 'Alpine Linux', short: 'Ap' }],
  [/\barch ?linux\b/, { name: 'Arch Linux', short: 'Ar' }],
  [/\bfreebsd\b/, { name: 'FreeBSD', short: 'FB' }],
  [/\bwindows\b/, { name: 'Windows', short: 'Wi' }],
  [/\bmicro\b/, { name: 'Imago micro', short: 'Im' }],
  [/\bdebian\b/, { name: 'Debian', short: 'De' }],
];

export function systemOf({ Name = '', Description = '', PlatformDetails }: Image): System {
  for (const text of [Name, Description]) {
    // A figure beside the word, as in `debian-13` or `debian13`, is no part of it.
    const words = text.toLowerCase().replaceAll(/[-_./]+/g, ' ');
    const found = systems.find(([pattern]) =>
      pattern.test(words.replaceAll(/(?<=\D{3})\d+/g, ' ')),
    );
    if (found) return found[1];
  }
  const name = PlatformDetails?.startsWith('Linux') === false ? PlatformDetails : unknown;
  return { name, short: name.slice(0, 2) };
}
