/**
 * Clients as Debian packages them, run as a user would: their own command, with the variables of
 * the AWS tools for the first account of this Imago.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ImagoProcess } from './imago.ts';

export type Reachable = Pick<ImagoProcess, 'endpoint' | 'home' | 'credentials'>;

export interface ClientOptions {
  environment?: NodeJS.ProcessEnv;
  /** Only ends a test that fails anyway. */
  timeoutMs?: number;
}

const run = promisify(execFile);

export function environmentOf({ credentials, home }: Reachable): NodeJS.ProcessEnv {
  const { accessKeyId, secretAccessKey } = credentials;
  return {
    // Debian's own come first: a Python or Ruby elsewhere does not have Debian's libraries.
    PATH: `/usr/bin:/bin:/usr/sbin:/sbin:${process.env.PATH}`,
    HOME: home,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  };
}

/** Its standard output. What it said is in the error when it fails: many say it there. */
export async function debianClient(
  imago: Reachable,
  command: string,
  words: readonly string[],
  { environment = {}, timeoutMs = 10 * 60_000 }: ClientOptions = {},
): Promise<string> {
  const env = { ...environmentOf(imago), ...environment };
  const options = { maxBuffer: 64 * 1024 * 1024, timeout: timeoutMs, env };
  try {
    return (await run(command, words, options)).stdout;
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    (error as Error).message += `\n${stdout}`;
    throw error;
  }
}
