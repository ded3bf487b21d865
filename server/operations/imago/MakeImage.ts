import type { MadeFile, MakeImageRequest, MakeImageResult } from '../../../api/imago-provider.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { checkDiskRoom } from '../../domain/capacity.ts';
import { orderMake } from '../../domain/made-images.ts';
import type { Operation } from '../operation.ts';

const usualMode = '0644';
const usualOwner = 'root:root';
const recipeCharsMax = 256 * 1024;
const lockCharsMax = 512 * 1024;

/** Nothing is booted, and no command of the caller's is run: packages and files, the same twice. */
export const makeImage: Operation<MakeImageRequest, MakeImageResult> = {
  accepts: ['Parent', 'Name', 'Description', 'Packages', 'Files', 'Recipe', 'Lock'],
  bodyMaxBytes: 8 * 1024 ** 2,
  async run(input, context) {
    const { caller, catalog, host, site } = context;
    checkDiskRoom(await host.measure(), caller.region);
    const { Packages: packages = [], Files: files = [], Recipe: recipe = '' } = input;
    if (recipe.length > recipeCharsMax) throw invalid('The recipe is too long.');
    const order = {
      parent: input.Parent,
      name: input.Name,
      description: input.Description ?? `Made of ${input.Parent}`,
      packages,
      files: files.map(fileOf),
      ...(input.Lock !== undefined && { lock: checkedLock(input.Lock) }),
      recipe,
    };
    const place = { ...context, host: site.hostId };
    const TaskId = await catalog.write((transaction) =>
      orderMake(transaction, caller, order, place),
    );
    return { TaskId };
  },
};

function fileOf({ Path: path, Content, Mode = usualMode, Owner: owner = usualOwner }: MadeFile) {
  if (!/^[0-7]{3,4}$/.test(Mode)) throw invalid(`The mode of ${path} is octal, such as 0644.`);
  const content = Buffer.from(Content).toString('base64');
  return { path, content, mode: Number.parseInt(Mode, 8), owner };
}

/** That it is one; whether it fits the build finds out. */
function checkedLock(text: string): string {
  if (text.length > lockCharsMax) throw invalid('The lock is too long.');
  try {
    const { format, packages } = JSON.parse(text);
    const isLock = (each: unknown) =>
      typeof each === 'object' && each !== null && 'name' in each && 'sha256' in each;
    if (format === 'imago-lock/1' && Array.isArray(packages) && packages.every(isLock)) return text;
  } catch {
    // As of one that is none.
  }
  throw invalid('The lock is none of Imago’s: GetImageManifest tells that of an image.');
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
