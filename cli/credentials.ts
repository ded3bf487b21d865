/**
 * What a running Imago leaves in its home for clients on the same host: where it listens
 * (run/endpoint) and the first account's key (credentials, in the shared-credentials format of the
 * AWS tools, 0600).
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Home } from '../server/foundations/home.ts';
import { CommandError } from './command-error.ts';

export interface Connection {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Its endpoint and default region, a line each. */
export function endpointFile(home: Home): string {
  return path.join(home.runFolder, 'endpoint');
}

export function readConnection(home: Home): Connection {
  const [endpoint, region] = read(endpointFile(home), home).trim().split('\n');
  const credentials = read(home.credentialsFile, home);
  const value = (key: string) =>
    new RegExp(`^\\s*${key}\\s*=\\s*(\\S+)`, 'm').exec(credentials)?.[1];
  const accessKeyId = value('aws_access_key_id');
  const secretAccessKey = value('aws_secret_access_key');
  if (!endpoint || !region || !accessKeyId || !secretAccessKey) {
    throw new CommandError(
      `The files in ${home.folder} that say how to reach Imago are incomplete.`,
      'Stop Imago and start it again: imago serve',
    );
  }
  return { endpoint, region, accessKeyId, secretAccessKey };
}

function notRunning(home: Home): CommandError {
  return new CommandError(
    `No Imago is running with the home ${home.folder}.`,
    'Start one with `imago serve`, or name another home with --home.',
  );
}

function read(file: string, home: Home): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw notRunning(home);
    if (code === 'EACCES') {
      throw new CommandError(
        `${file} belongs to another user.`,
        'Run this as the user who runs Imago, or name your own home with --home.',
      );
    }
    throw error;
  }
}
