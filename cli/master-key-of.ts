/**
 * The keys that `serve` and `recover` are told of. A passphrase comes by a file descriptor or systemd's
 * credentials: words of a command line can be read by everybody on this host.
 */
import { closeSync, readFileSync } from 'node:fs';
import {
  type Environment,
  type KeyPlace,
  masterKeyPlace,
  recoveryKeyPlace,
} from '../server/config.ts';
import { CommandError } from './command-error.ts';

/** scrypt makes each guess dear, and nothing makes a short list of them long. */
const passphraseMinChars = 12;

export interface KeyOptions {
  masterKeyFile?: string;
  masterPassphraseFd?: string;
  recoveryKeyFile?: string;
  recoveryPassphraseFd?: string;
}

interface Key {
  file?: string;
  passphrase?: string;
}

export function masterKeyOf(environment: Environment, options: KeyOptions): Key {
  const { masterKeyFile: file, masterPassphraseFd: fd } = options;
  return keyOf(masterKeyPlace(environment, file), { what: 'master', file, fd });
}

/** What catalogs are sealed with: the master key's file or passphrase, where it has no own. */
export function recoveryKeyOf(
  environment: Environment,
  options: KeyOptions,
  masterKey: Key = {},
): Key | undefined {
  const { recoveryKeyFile: file, recoveryPassphraseFd: fd } = options;
  const own = keyOf(recoveryKeyPlace(environment, file), { what: 'recovery', file, fd });
  const key = [own, masterKey].find((each) => (each.file ?? each.passphrase) !== undefined);
  return key;
}

function keyOf(
  place: KeyPlace,
  { what, file, fd: named }: { what: string; file?: string; fd?: string },
): Key {
  if (named === undefined) {
    const { passphraseFile } = place;
    return passphraseFile === undefined
      ? { file: place.file }
      : { passphrase: firstLine(passphraseFile) };
  }
  if (file !== undefined) {
    throw new CommandError(`The ${what} key is of a file or of a passphrase.`, 'Give one flag.', 2);
  }
  const fd = Number(named);
  if (!/^\d+$/.test(named) || fd === 1 || fd === 2) {
    throw new CommandError(
      `--${what}-passphrase-fd ${named} is no file descriptor to read from.`,
      'Give the number of one, such as 3 with 3<FILE.',
      2,
    );
  }
  const passphrase = firstLine(fd);
  // Machines shall not inherit it.
  if (fd > 2) closeSync(fd);
  return { passphrase };
}

function firstLine(from: string | number): string {
  let text: string;
  try {
    text = readFileSync(from, 'utf8');
  } catch (error) {
    throw new CommandError(`The passphrase cannot be read: ${(error as Error).message}.`);
  }
  const [line = ''] = text.split('\n', 1);
  if (line.length >= passphraseMinChars) return line;
  throw new CommandError(`A passphrase has at least ${passphraseMinChars} characters.`);
}
