/**
 * `imago images make`: an image as a recipe says. What needs nothing but packages and files is made
 * without a machine, and twice the same; anything else by Image Builder, in a machine.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { providerImageNames } from '../../api/imago.ts';
import { orderBuild } from '../built-recipe.ts';
import type { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { imageIdsOf, showMadeImages } from '../made-images.ts';
import { poll } from '../poll.ts';
import { type Recipe, readRecipe } from '../recipe.ts';
import { harmlessLine } from '../terminal-text.ts';
import { watchTask } from '../watch-task.ts';
import { imagesBuildLogCommand } from './images-build-log.ts';

export interface MakeOptions {
  /** Of the image; absent: of recipe, version and time. */
  name?: string;
  /** Where the lock is; absent: beside the recipe. */
  lock?: string;
  /** Refuse whatever is not as the lock has it. */
  locked?: boolean;
  /** Of the machine that it is made in, where it needs one. */
  instanceType: string;
  /** Show what the build tells. */
  watch?: boolean;
}

/** Packages have to be fetched and installed. */
const makeTimeoutMs = 60 * 60_000;

export async function imagesMakeCommand(
  context: CommandContext,
  file: string,
  options: MakeOptions,
): Promise<void> {
  const recipe = await readRecipe(file);
  const needed = machineFor(recipe);
  if (needed === undefined) return makeWithoutMachine(context, file, recipe, options);
  if (options.locked) {
    throw new CommandError(
      `A recipe with ${needed} is made in a machine, and what its commands bring no lock knows.`,
      'Recipes of packages and files on a provider image can be locked.',
    );
  }
  await makeInMachine(context, recipe, options);
}

async function makeWithoutMachine(
  context: CommandContext,
  file: string,
  recipe: Recipe,
  options: MakeOptions,
): Promise<void> {
  const { output, progress } = context;
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

async function makeInMachine(
  context: CommandContext,
  recipe: Recipe,
  { name: imageName, instanceType, watch = false }: MakeOptions,
): Promise<void> {
  const { output, progress } = context;
  const client = connect(context);
  const arn = await orderBuild(client, recipe, { imageName, instanceType });
  if (watch && !output.json) await imagesBuildLogCommand(context, arn, { follow: true });
  const what = `the image of ${recipe.name}`;
  const image = await progress.step(`Recipe ${recipe.name}`, () =>
    poll({ everyMs: pollEveryMs, timeoutMs: makeTimeoutMs, what }, async () => {
      const { image: now } = await client.imagebuilder('GetImage', { imageBuildVersionArn: arn });
      return endings.includes(now?.state?.status ?? '') ? now : undefined;
    }),
  );
  if (image.state?.status !== 'AVAILABLE') {
    const reason = image.state?.reason ?? 'no reason was given.';
    throw new CommandError(
      `${recipe.name} could not be made: ${harmlessLine(reason)}`,
      `What its commands told: imago images build-log ${arn}`,
    );
  }
  const ids = image.outputResources?.amis?.map((ami) => [ami.region ?? '', ami.image ?? '']) ?? [];
  await showMadeImages(output, client, Object.fromEntries(ids));
}

const pollEveryMs = 1000;
const endings = ['AVAILABLE', 'FAILED', 'CANCELLED'];

/** What in the recipe needs a machine; nothing where none does. */
function machineFor({ parent, services, users, commands, tests }: Recipe): string | undefined {
  const lists = { services, users, commands, tests };
  const [needed] = Object.entries(lists).find(([, list]) => list.length > 0) ?? [];
  if (needed !== undefined) return needed;
  return providerImageNames.some((name) => name === parent) ? undefined : 'a parent like this';
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
