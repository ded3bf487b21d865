/**
 * The data plane, a process of its own: serves the guests of one home their disks, frames and
 * metadata, so that neither a busy control plane nor its restart is felt by a guest. Composition
 * root; reads its arguments and no environment.
 *
 *   main.ts --home DIR --version TEXT --block-cache BYTES [--host-reach all|ADDRESS:PORT,…]
 *     [--uid N --gid N]
 *
 * It is started as an unprivileged user. Only where that user may not read this code (a checkout in
 * root's closed home) is it started as root, and drops to the user named before it opens anything.
 * A failure that nobody expected ends the process: the control plane starts it again, and QEMU's
 * reconnects bridge the gap.
 */

import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { BlockThreads } from '../blocks/fs/block-threads.ts';
import { FsBlockReader } from '../blocks/fs/fs-block-reader.ts';
import { SealThreads } from '../blocks/seal-threads.ts';
import { SharedBlockMemory } from '../blocks/shared-block-memory.ts';
import { SharedBlocks } from '../blocks/shared-blocks.ts';
import { readBlockStoreDescription } from '../blocks/store-description.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { Home } from '../foundations/home.ts';
import { limitedLog } from '../foundations/limited-log.ts';
import type { Log } from '../foundations/log.ts';
import { socketMask } from '../nbd/nbd-server.ts';
import { parseHostReach } from '../network/host-reach.ts';
import { HostAddresses } from '../network/user-mode/host-addresses.ts';
import { createUserModeNetwork } from '../network/user-mode/link.ts';
import {
  type AnswerUpgrade,
  callControlSocket,
  serveControlSocket,
} from '../processes/control-socket.ts';
import { runProcess } from '../processes/run-process.ts';
import { answerCalls, answerUpgrades } from './calls.ts';
import type { DiskServers } from './disk-servers.ts';
import { DiskThreads } from './disk-threads.ts';
import { DisksHere, type FailedRead } from './disks-here.ts';
import { FairTurns } from './fair-turns.ts';
import { GuestBlocks } from './guest-blocks.ts';
import { instanceIdPattern } from './guest-file.ts';
import { Guests } from './guests.ts';
import { dataPlaneFiles } from './places.ts';
import { RegionBlocks } from './region-blocks.ts';
import { SealKeys } from './seal-keys.ts';

const secretBytes = 32;
/**
 * Enough for the threads and the disk of the host to be busy; what waits beyond waits in order of
 * guests.
 */
const readsAtOnce = Math.max(8, 2 * availableParallelism());

async function main(log: Log): Promise<void> {
  const { home, version, hostReach, blockCacheBytes } = parseArguments();
  const { socketPath, secretFile, listFile } = dataPlaneFiles(home);
  // Folders bar others; its own files have a mode of their own.
  process.umask(socketMask);
  if (await isServed(socketPath)) throw new Error(`another data plane serves ${home.folder}`);
  const secret = await readOrMakeSecret(secretFile);
  const loading = Promise.withResolvers<Guests>();
  const keys = new SealKeys();
  const memory = new SharedBlockMemory(blockCacheBytes);
  let upgrade: AnswerUpgrade = () => undefined;
  await serveControlSocket({
    socketPath,
    version,
    answer: answerCalls(loading.promise, { keys, blockCacheBytes: memory.sizeBytes }),
    upgrade: (resource) => upgrade(resource),
    onLost: () => {
      log.error('the control socket is gone');
      process.exit(1);
    },
  });
  const work = new BlockThreads();
  // What is being read has its place in memory before.
  const turns = new FairTurns(Math.min(readsAtOnce, Math.ceil(memory.slots / 2)));
  const blocks = new GuestBlocks({ memory, turns, keys, sealing: new SealThreads() });
  const guests = new Guests(home, {
    regions: new RegionBlocks({
      describe: () => readBlockStoreDescription(nodeFiles, home.blockStoreFile),
      open: (folder) => new FsBlockReader(folder, { work }),
    }),
    blocks,
    disks: diskServers(memory, blocks, log),
    network: createUserModeNetwork({
      log,
      hostAddresses: await HostAddresses.watch(),
      hostReach,
    }),
    secret,
    log,
  });
  await guests.loadAll(await readList(listFile));
  upgrade = answerUpgrades(guests);
  loading.resolve(guests);
  log.info('data plane serves', { pid: process.pid, version, guests: guests.status().length });
}

/** As many threads as processors; where there is one, it is this one's. */
function diskServers(memory: SharedBlockMemory, blocks: GuestBlocks, log: Log): DiskServers {
  const limited = limitedLog(log);
  const options = {
    find: blocks.find.bind(blocks),
    onFailedRead: (failed: FailedRead) => limited.error('a guest read failed', { ...failed }),
  };
  const threads = availableParallelism();
  if (threads === 1) return new DisksHere({ ...options, blocks: new SharedBlocks(memory.parts) });
  const onStuck = () => {
    log.error('a thread that serves disks cannot be ended');
    process.exit(1);
  };
  return new DiskThreads({ ...options, threads, memory: memory.parts, onStuck, log });
}

function parseArguments() {
  const { values } = parseArgs({
    options: {
      home: { type: 'string' },
      version: { type: 'string' },
      'host-reach': { type: 'string' },
      'block-cache': { type: 'string' },
      uid: { type: 'string' },
      gid: { type: 'string' },
    },
  });
  if (values.uid && values.gid) dropPrivileges(Number(values.uid), Number(values.gid));
  const blockCacheBytes = Number(values['block-cache']);
  if (!values.home || !values.version || !blockCacheBytes) {
    throw new Error('--home, --version and --block-cache are needed');
  }
  const reach = values['host-reach'];
  const hostReach = reach === undefined ? undefined : parseHostReach(reach);
  return { home: new Home(values.home), version: values.version, hostReach, blockCacheBytes };
}

async function isServed(socketPath: string): Promise<boolean> {
  return callControlSocket(socketPath, 'GET', '/status').then(
    () => true,
    () => false,
  );
}

/** Kept, so that session tokens of guests survive this process. */
async function readOrMakeSecret(file: string): Promise<Buffer> {
  const existing = await readFile(file).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (existing?.length === secretBytes) return existing;
  const secret = randomBytes(secretBytes);
  await writeFile(`${file}.new`, secret, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return secret;
}

/** Written by the control plane before it started this process. */
async function readList(file: string): Promise<string[]> {
  const ids: unknown = JSON.parse(await readFile(file, 'utf8'));
  return Array.isArray(ids) ? ids.filter((id) => instanceIdPattern.test(id)) : [];
}

function dropPrivileges(uid: number, gid: number): void {
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

await runProcess('data plane', main);
