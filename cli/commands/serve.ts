/**
 * `imago serve`: Imago in the foreground, until SIGTERM or Ctrl-C. Guests and their data plane go
 * on without it.
 */
import { totalmem } from 'node:os';
import path from 'node:path';
import { defaultRegion } from '../../server/config.ts';
import { leastBlockCacheBytes } from '../../server/domain/capacity.ts';
import { isRegionName, zonesMax } from '../../server/domain/regions.ts';
import { HalfRecoveredError } from '../../server/foundations/half-recovered.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { HomeInUseError } from '../../server/home-lock.ts';
import { HomeImpassableError } from '../../server/home-passage.ts';
import { serve } from '../../server/main.ts';
import { parseHostReach } from '../../server/network/host-reach.ts';
import { alertPlacesOf } from '../alert-places.ts';
import { byteSizeOf } from '../byte-size.ts';
import { catalogOf } from '../catalog-of.ts';
import { CommandError } from '../command-error.ts';
import { consoleUrl } from '../console-url.ts';
import type { CommandContext } from '../context.ts';
import { archiveFolderOf, filePlacesOf, vulnerabilityFeedOf } from '../file-places.ts';
import { parseListen } from '../listen-address.ts';
import { type KeyOptions, masterKeyOf, recoveryKeyOf } from '../master-key-of.ts';
import { explainStorage } from './explain-storage.ts';

/** A year. */
const scrubDaysMost = 365;

export interface ServeOptions extends KeyOptions {
  listen: string;
  hypervisor: 'qemu' | 'simulated';
  memoryOvercommit: number;
  blockCache?: string;
  /** Without a list it is all of the host. */
  guestsMayReachHost?: string | true;
  region?: string[];
  zones: number;
  plainBases?: string;
  scrubDays?: number;
  catalog?: string;
  consoleOrigin?: string[];
  standBy?: boolean;
  importFolder?: string[];
  exportFolder?: string[];
  importUrlPrefix?: string[];
  archiveFolder?: string;
  copyStore?: string[];
  copyRate?: string;
  vulnerabilityFeed?: string;
  alertUrl?: string[];
  alertCommand?: string[];
  alertMail?: string[];
}

export async function serveCommand(
  { home, output, environment }: CommandContext,
  options: ServeOptions,
): Promise<void> {
  const named = (options.region ?? [defaultRegion]).map(regionAndStore);
  const regions = checkedRegions(named.map(({ region }) => region));
  const stores = storesOf(named);
  const { hypervisor, memoryOvercommit, zones } = options;
  checkZones(zones);
  checkScrubDays(options.scrubDays);
  const { plainBases } = options;
  const plainBasesBytes =
    plainBases === undefined ? undefined : byteSizeOf('--plain-bases', plainBases);
  const blockCacheBytes = blockCacheOf(options.blockCache);
  const listen = parseListen(options.listen);
  const consoleOrigins = (options.consoleOrigin ?? []).map(checkedOrigin);
  const hostReach = hostReachOf(options.guestsMayReachHost);
  const catalog = catalogOf(environment, options.catalog);
  const masterKey = masterKeyOf(environment, options);
  const recoveryKey = recoveryKeyOf(environment, options, masterKey);
  const server = await serve({
    home,
    listen,
    hypervisor,
    hostReach,
    memoryOvercommit,
    blockCacheBytes,
    regions,
    stores,
    zones,
    plainBasesBytes,
    scrubDays: options.scrubDays,
    catalog,
    masterKey,
    recoveryKey,
    copyStores: copyStoresOf(options),
    consoleOrigins,
    filePlaces: filePlacesOf(options),
    archiveFolder: archiveFolderOf(options),
    vulnerabilityFeed: vulnerabilityFeedOf(options),
    alertPlaces: alertPlacesOf(options),
    standBy: options.standBy,
  }).catch(explain);
  const { endpoint } = server;
  const address = consoleUrl(endpoint);
  if (output.json) {
    output.document({ endpoint, console: address, home: home.folder, regions });
  } else {
    output.line(`Imago is ready at ${endpoint} (home ${home.folder})`);
    output.line(`Its console is at ${address} (\`imago open\` signs in)`);
  }
  const stopped = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  const lost = server.lost.then(() => 'lost');
  const why = await Promise.race([stopped, lost]);
  await server.close();
  if (why === 'lost') throw new CommandError('Another Imago drives this host now.');
}

function copyStoresOf({ copyStore = [], copyRate }: ServeOptions) {
  const bytesPerSecond = copyRate === undefined ? undefined : byteSizeOf('--copy-rate', copyRate);
  if (bytesPerSecond !== 0) {
    return {
      folders: [...new Set(copyStore.map((folder) => path.resolve(folder)))],
      bytesPerSecond,
    };
  }
  throw new CommandError(
    '--copy-rate 0 would copy nothing.',
    'Leave --copy-store away for that.',
    2,
  );
}

/** `NAME=FOLDER`, or the name alone. */
function regionAndStore(text: string): { region: string; store?: string } {
  const [, region = '', store] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  if (store !== '') return { region, ...(store && { store: path.resolve(store) }) };
  throw new CommandError(`--region ${text} names no folder.`, 'Give NAME, or NAME=FOLDER.', 2);
}

function storesOf(named: readonly { region: string; store?: string }[]): Record<string, string> {
  const stores: Record<string, string> = {};
  for (const { region, store } of named) {
    if (store === undefined) continue;
    if (stores[region] !== undefined && stores[region] !== store) {
      throw new CommandError(
        `The region ${region} cannot have two block stores.`,
        'Name it once.',
        2,
      );
    }
    stores[region] = store;
  }
  return stores;
}

function checkedRegions(names: readonly string[]): string[] {
  const wrong = names.find((name) => !isRegionName(name));
  if (wrong === undefined) return [...new Set(names)];
  throw new CommandError(
    `"${wrong}" cannot be the name of a region.`,
    'Give one such as us-east-1, or one of your own: small letters, digits and hyphens.',
    2,
  );
}

function checkScrubDays(days: number | undefined): void {
  if (days === undefined || (days >= 0 && days <= scrubDaysMost)) return;
  throw new CommandError('--scrub-days is a count.', `Give one from 0 to ${scrubDaysMost}.`, 2);
}

/** The guests need the rest of the memory. */
function blockCacheOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bytes = byteSizeOf('--block-cache', text);
  const mostBytes = Math.floor(totalmem() / 2);
  if (bytes >= leastBlockCacheBytes && bytes <= mostBytes) return bytes;
  const [least, most] = [leastBlockCacheBytes, mostBytes].map(formatBytes);
  throw new CommandError(
    `--block-cache ${text} is out of range.`,
    `Give a size from ${least} to ${most}, half of the memory of this host.`,
    2,
  );
}

function checkZones(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= zonesMax) return;
  throw new CommandError('--zones is a count.', `Give one from 1 to ${zonesMax}.`, 2);
}

/** As browsers write it. */
function checkedOrigin(text: string): string {
  const url = URL.parse(text);
  const isOrigin = url && /^https?:$/.test(url.protocol) && text.replace(/\/$/, '') === url.origin;
  if (isOrigin) return url.origin;
  throw new CommandError(
    `--console-origin ${text} is no origin of a web page.`,
    'Give SCHEME://NAME, with a port where it is not the usual one, such as https://imago.example.',
    2,
  );
}

function hostReachOf(list: string | true | undefined): string | undefined {
  if (list === undefined) return undefined;
  if (list === true) return 'all';
  try {
    parseHostReach(list);
    return list;
  } catch (error) {
    throw new CommandError(
      `--guests-may-reach-host: ${(error as Error).message}.`,
      'Give ADDRESS:PORT, several separated by commas, or no value for all of the host.',
      2,
    );
  }
}

function explain(error: unknown): never {
  if (error instanceof HomeInUseError) throw new CommandError(`${error.message}.`);
  if (error instanceof HomeImpassableError) throw new CommandError(error.message, error.advice);
  if (error instanceof HalfRecoveredError) throw new CommandError(error.message, error.advice);
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & {
    address: string;
    port: number;
  };
  if (syscall === 'listen') {
    const why = listenProblems[code ?? ''] ?? `cannot be listened on (${code})`;
    throw new CommandError(
      `The address ${address}:${port} ${why}.`,
      'Choose another with --listen.',
    );
  }
  explainStorage(error);
}

const listenProblems: Record<string, string> = {
  EADDRINUSE: 'is in use',
  EADDRNOTAVAIL: 'is not one of this host',
  EACCES: 'may not be listened on by you',
};
