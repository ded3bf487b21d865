/**
 * Images that are made without a machine: a provider image with packages and files added, built as
 * the provider's own are, for whoever orders it. What may be added is checked here, and the task
 * ordered; server/provider-images builds.
 */
import { type ProviderImageName, providerImageNames } from '../../api/imago.ts';
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { Clock, Ids } from './identity.ts';
import { checkDescription, checkName } from './images.ts';
import type { BuildImageInput } from './provider-images.ts';
import { newTask } from './tasks.ts';
import type { Viewer } from './viewer.ts';

/** What is made, as the task has it. */
export interface MadeImage {
  account: string;
  imageName: string;
  description: string;
  packages: string[];
  files: MadeFile[];
  /** JSON, of an earlier build: what is built from anything else is refused. */
  lock?: string;
  /** As its author wrote it: its digest comes into the manifest. */
  recipe: string;
}

export interface MadeFile {
  path: string;
  /** Base64. */
  content: string;
  mode: number;
  /** `user:group`. */
  owner: string;
}

export interface MakeOrder {
  parent: string;
  name: string;
  description: string;
  packages: readonly string[];
  files: readonly MadeFile[];
  lock?: string;
  recipe: string;
}

/** They go with the order's row. */
const filesBytesMax = 4 * 1024 ** 2;
const filesMax = 1000;
const packagesMax = 500;
const pathBytesMax = 1024;
const packagePattern = /^[a-z0-9][a-z0-9+.-]{1,100}$/;
const ownerPattern = /^[a-z_][a-z0-9_-]{0,31}:[a-z_][a-z0-9_-]{0,31}$|^\d{1,9}:\d{1,9}$/;

/** Id of the task. */
export async function orderMake(
  transaction: CatalogTransaction,
  caller: Viewer,
  order: MakeOrder,
  { host, ...identity }: { host: string; clock: Clock; ids: Ids },
): Promise<string> {
  const parent = providerImageNames.find((each) => each === order.parent);
  if (!parent) {
    throw invalid(`Parent is one of ${providerImageNames.join(', ')}, not '${order.parent}'.`);
  }
  await checkName(transaction, caller, order.name);
  checkDescription(order.description);
  checkPackages(order.packages);
  checkFiles(order.files);
  const { account, region } = caller;
  const made: MadeImage = {
    account,
    imageName: order.name,
    description: order.description,
    packages: [...order.packages],
    files: [...order.files],
    ...(order.lock !== undefined && { lock: order.lock }),
    recipe: order.recipe,
  };
  const input: BuildImageInput = {
    name: parent satisfies ProviderImageName,
    regions: [region],
    made,
  };
  const kind = 'build-image';
  const subject = `${account}/${order.name}`;
  const task = newTask({ kind, subject, account, region, host, input }, identity);
  await transaction.tasks.insert(task);
  return task.id;
}

function checkPackages(packages: readonly string[]): void {
  if (packages.length > packagesMax) throw invalid(`There are at most ${packagesMax} packages.`);
  for (const name of packages) {
    if (!packagePattern.test(name)) throw invalid(`'${name}' is no name of a Debian package.`);
  }
}

function checkFiles(files: readonly MadeFile[]): void {
  if (files.length > filesMax) throw invalid(`There are at most ${filesMax} files.`);
  let bytes = 0;
  const paths = new Set<string>();
  for (const { path, content, mode, owner } of files) {
    const parts = path.split('/');
    const isPlain = path.startsWith('/') && !parts.some((part) => part === '..' || part === '.');
    if (!isPlain || path.includes('\0') || path.endsWith('/') || path.includes('//')) {
      throw invalid(
        `'${path}' is no path of a file: it begins with /, without '.' and '..' in it.`,
      );
    }
    if (Buffer.byteLength(path) > pathBytesMax) throw invalid('A path is too long.');
    if (paths.has(path)) throw invalid(`${path} is there twice.`);
    paths.add(path);
    if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777) {
      throw invalid(`The mode of ${path} is from 0 to 7777 (octal).`);
    }
    if (!ownerPattern.test(owner)) throw invalid(`The owner of ${path} is like 'root:root'.`);
    bytes += Buffer.byteLength(content, 'base64');
  }
  if (bytes > filesBytesMax) {
    throw invalid(
      `The files have ${bytes} bytes together, and may have ${filesBytesMax}: put larger ones into a package.`,
    );
  }
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
