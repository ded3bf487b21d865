/**
 * The master key that `serve` is told of. A passphrase comes by a file descriptor or systemd's
 * credentials: words of a command line can be read by everybody on this host.
 */
import { closeSync, readFileSync } from 'node:fs';
import { type Environment, masterKeyPlace } from '../server/config.ts';
import { CommandError } from './command-error.ts';

/** scrypt makes each guess dear, and nothing makes a short list of them long. */
const passphraseMinChars = 12;

export function masterKeyOf(
  environment: Environment,
  flags: { masterKeyFile?: string; masterPassphraseFd?: string },
): { file?: string; passphrase?: string } {
  const { masterKeyFile, masterPassphraseFd } = flags;
  if (masterPassphraseFd === undefined) {
    const { file, passphraseFile } = masterKeyPlace(environment, masterKeyFile);
    return passphraseFile === undefined ? { file } : { passphrase: firstLine(passphraseFile) };
  }
  if (masterKeyFile !== undefined) {
    throw new CommandError('The master key is of a file or of a passphrase.', 'Give one flag.', 2);
  }
  const fd = Number(masterPassphraseFd);
  if (!/^\d+$/.test(masterPassphraseFd) || fd === 1 || fd === 2) {
    throw new CommandError(
      `--master-passphrase-fd ${masterPassphraseFd} is no file descriptor to read from.`,
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
