/** aws-cli as Debian packages it (2.9: no AWS_ENDPOINT_URL yet, so `--endpoint-url`). */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ImagoProcess } from './imago.ts';

type Reachable = Pick<ImagoProcess, 'endpoint' | 'home' | 'credentials'>;

const run = promisify(execFile);

/** Debian's package; another aws on the PATH may be something else. */
const debianAws = '/usr/bin/aws';

export async function aws(imago: Reachable, ...words: string[]): Promise<unknown> {
  const command = existsSync(debianAws) ? debianAws : 'aws';
  const { accessKeyId, secretAccessKey } = imago.credentials;
  const { stdout } = await run(
    command,
    ['--endpoint-url', imago.endpoint, '--output', 'json', ...words],
    {
      maxBuffer: 64 * 1024 * 1024,
      env: {
        PATH: process.env.PATH,
        HOME: imago.home,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_PAGER: '',
      },
    },
  );
  return stdout.trim() ? JSON.parse(stdout) : undefined;
}
