/** `imago images pull`: a vendor's cloud image, fetched, verified, and offered. */
import { readFile } from 'node:fs/promises';
import type { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { imageIdsOf, showMadeImages } from '../made-images.ts';
import { watchTask } from '../watch-task.ts';

/** For as long as a slow line takes; the task goes on when nobody watches it. */
const pullTimeoutMs = 24 * 60 * 60_000;

interface PullOptions {
  list?: boolean;
  region?: string[];
  from?: string;
  keyring?: string;
}

export async function imagesPullCommand(
  context: CommandContext,
  name: string | undefined,
  options: PullOptions,
): Promise<void> {
  const client = connect(context);
  if (options.list) return await list(context, client);
  if (name === undefined) {
    throw new CommandError('Say which image.', 'See `imago images pull --list`.', 2);
  }
  const order = {
    Name: name,
    Regions: options.region,
    From: options.from,
    Keyring: options.keyring === undefined ? undefined : await keyringOf(options.keyring),
  };
  const task = await context.progress.step(`Image ${name}`, async (step) => {
    const { TaskId: id } = await client.imago('PullImage', order);
    const waiting = { what: `the image ${name}`, timeoutMs: pullTimeoutMs };
    const ended = await watchTask(client, id, step, waiting);
    if (ended.State === 'succeeded') return ended;
    throw new CommandError(
      `The image ${name} could not be pulled: ${ended.Error ?? 'no reason was given.'}`,
    );
  });
  await showMadeImages(context.output, client, imageIdsOf(task));
}

async function keyringOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CommandError(`The keyring cannot be read: ${(error as Error).message}.`);
  }
}

async function list({ output }: CommandContext, client: Client): Promise<void> {
  const answer = await client.imago('ListVendorImages', {});
  if (output.json) return output.document(answer);
  output.table(
    ['NAME', 'WHAT', 'USER', 'VERIFICATION'],
    answer.Images.map((each) => [each.Name, each.Title, each.User, each.Advice ?? 'ready']),
  );
}
