/**
 * `imago images make`: an image as a recipe says. What needs nothing but packages and files is made
 * without a machine, and twice the same.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { providerImageNames } from '../../api/imago.ts';
import type { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { imageIdsOf, showMadeImages } from '../made-images.ts';
import { type Recipe, readRecipe } from '../recipe.ts';
import { watchTask } from '../watch-task.ts';

export interface MakeOptions {
  /** Of the image; absent: of recipe, version and time. */
  name?: string;
  /** Where the lock is; absent: beside the recipe. */
  lock?: string;
  /** Refuse whatever is not as the lock has it. */
  locked?: boolean;
}

/** Packages have to be fetched and installed. */
const makeTimeoutMs = 60 * 60_000;

export async function imagesMakeCommand(
  context: CommandContext,
  file: string,
  options: MakeOptions,
): Promise<void> {
  const { output, progress } = context;
  const recipe = await readRecipe(file);
  checkOffline(recipe);
  const lockFile = options.lock ?? `${file.replace(/\.ya?ml$/, '')}.lock`;
  const lock = options.locked ? await readLock(lockFile) : undefined;
  const client = connect(context);
  const name = options.name ?? imageNameOf(recipe, new Date());
  const { TaskId: id } = await client.imago('MakeImage', {
    Parent: recipe.parent,
    Name: name,
    Description: recipe.description,
    Packages: recipe.packages,
    Files: recipe.files.map((each) => ({
      Path: each.path,
      Content: each.content,
      Mode: each.mode,
      Owner: each.owner,
    })),
    Recipe: recipe.text,
    Lock: lock,
  });
  const ids = await progress.step(`Image ${name}`, async (step) => {
    const task = await watchTask(client, id, step, {
      what: `the image ${name}`,
      timeoutMs: makeTimeoutMs,
    });
    if (task.State !== 'failed') return imageIdsOf(task);
    throw new CommandError(`${file} could not be made: ${task.Error ?? 'no reason was given.'}`);
  });
  if (!options.locked) await writeLock(client, Object.values(ids), lockFile);
  await showMadeImages(output, client, ids);
}

/** What is left needs a machine that it is done in. */
function checkOffline({ parent, services, users, commands, tests }: Recipe): void {
  const lists = { services, users, commands, tests };
  const [needed] = Object.entries(lists).find(([, list]) => list.length > 0) ?? [];
  if (needed !== undefined) {
    throw new CommandError(
      `A recipe with ${needed} needs a machine in which they are done, which \`images make\` does not start.`,
      'Make it with a component and a recipe of Image Builder.',
    );
  }
  if (providerImageNames.some((name) => name === parent)) return;
  throw new CommandError(
    `'${parent}' is no provider image: only ${providerImageNames.join(', ')} are made anew from packages and files.`,
  );
}

function imageNameOf({ name, version }: Recipe, now: Date): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  return `${name}-${version}-${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}

async function readLock(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      `The lock ${file} cannot be read: ${error.message}.`,
      'Make it once without --locked, which writes it.',
    );
  });
}

async function writeLock(client: Client, imageIds: string[], file: string): Promise<void> {
  const [ImageId = ''] = imageIds;
  const { Lock: lock } = await client.imago('GetImageManifest', { ImageId });
  if (lock !== undefined) await writeFile(file, `${lock}\n`);
}
