/**
 * One running Imago per home. The lock is SQLite's own file lock on an otherwise empty database,
 * because the kernel gives it back however the process ends; a pid file could name a dead or a
 * recycled process. `run/imago.pid` only tells whom to ask, and is left out where the disk is full.
 */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { nodeFiles } from './files/node/node-files.ts';
import type { Home } from './foundations/home.ts';
import type { Log } from './foundations/log.ts';
import { readProcessRecord, recordOf } from './foundations/process-record.ts';

/** A death gives the lock back at once, so what a stand-by adds to it is this and its own start. */
const standByPollMs = 250;

/** SQLITE_BUSY. */
const busyCode = 5;

export interface HomeLock extends Disposable {
  release(): void;
}

export class HomeInUseError extends Error {
  override name = 'HomeInUseError';
}

export async function lockHome(home: Home): Promise<HomeLock> {
  await nodeFiles.mkdir(home.runFolder);
  const pidFile = path.join(home.runFolder, 'imago.pid');
  const database = new DatabaseSync(home.lockFile);
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== busyCode) throw error;
    throw new HomeInUseError(
      `another Imago (pid ${readProcessRecord(pidFile)?.pid ?? 'unknown'}) runs with the home ${home.folder}; ` +
        'stop it, or give this one a --home of its own',
    );
  }
  try {
    writeFileSync(pidFile, JSON.stringify(recordOf(process.pid)));
  } catch {
    // Better none than one that names somebody else.
    rmSync(pidFile, { force: true });
  }
  const release = () => {
    rmSync(pidFile, { force: true });
    database.close();
  };
  return { release, [Symbol.dispose]: release };
}

/** Of a stand-by: waits until whoever runs with the home ends. */
export async function waitForHome(home: Home, log: Log): Promise<HomeLock> {
  for (let waits = 0; ; waits++) {
    try {
      return await lockHome(home);
    } catch (error) {
      if (!(error instanceof HomeInUseError)) throw error;
    }
    if (waits === 0) log.info('standing by', { home: home.folder });
    await delay(standByPollMs);
  }
}
