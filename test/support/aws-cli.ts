/** aws-cli as Debian packages it (2.9: no AWS_ENDPOINT_URL yet, so `--endpoint-url`). */
import { debianClient, type Reachable } from './debian-client.ts';

/** A line as somebody copies it into a shell. */
export async function awsLine(imago: Reachable, line: string): Promise<unknown> {
  const there = `aws --endpoint-url ${imago.endpoint} --output json`;
  return JSON.parse(await debianClient(imago, 'sh', ['-c', line.replace(/^aws/, there)]));
}

export async function aws(imago: Reachable, ...words: string[]): Promise<unknown> {
  const options = ['--endpoint-url', imago.endpoint, '--output', 'json'];
  const stdout = await debianClient(imago, 'aws', [...options, ...words]);
  return stdout.trim() ? JSON.parse(stdout) : undefined;
}
