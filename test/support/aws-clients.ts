/**
 * aws-cli and boto3 by one call, for stories that each of them has to tell: the same action and the
 * same members, sent by the one or the other as Debian packages it. What they are too old for
 * (decision 0024) is not to be had here.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { aws } from './aws-cli.ts';
import { environmentOf, type Reachable } from './debian-client.ts';

/** Answers all pages as one. Rejects with a message that has AWS's code. */
export type AwsCall = <Output>(
  service: string,
  action: string,
  input?: object,
  region?: string,
) => Promise<Output>;

export function awsCli(imago: Reachable): AwsCall {
  return async <Output>(service: string, action: string, input = {}, region = 'us-east-1') => {
    const command = action.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
    const words = ['--cli-input-json', JSON.stringify(input), '--region', region];
    return (await aws(imago, service, command, ...words)) as Output;
  };
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** One process, which is asked by lines. */
export class Boto3 implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: Waiting[] = [];
  readonly #ended: Promise<void>;

  constructor(imago: Reachable) {
    const script = path.join(import.meta.dirname, 'boto3-calls.py');
    this.#process = spawn('/usr/bin/python3', [script, imago.endpoint], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: environmentOf(imago),
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      const { answer, error } = JSON.parse(line);
      const waiting = this.#waiting.shift();
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    this.#ended = new Promise((resolve) => {
      this.#process.once('exit', (code) => {
        for (const { reject } of this.#waiting.splice(0))
          reject(new Error(`it ended with ${code}`));
        resolve();
      });
    });
  }

  readonly call: AwsCall = <Output>(
    service: string,
    action: string,
    input = {},
    region = 'us-east-1',
  ) =>
    new Promise<Output>((resolve, reject) => {
      this.#waiting.push({ resolve: (answer) => resolve(answer as Output), reject });
      this.#process.stdin.write(`${JSON.stringify({ service, action, input, region })}\n`);
    });

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }
}
