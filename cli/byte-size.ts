/** A size as operators write it: bytes, or a number of K, M, G or T, each 1024 of the one before. */
import { CommandError } from './command-error.ts';

const units = ['', 'K', 'M', 'G', 'T'];

export function byteSizeOf(option: string, text: string): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(digits) * 1024 ** units.indexOf(unit.toUpperCase()));
  if (digits !== '' && Number.isSafeInteger(bytes)) return bytes;
  throw new CommandError(`${option} ${text} is no size.`, 'Give one such as 20G or 512M.', 2);
}
