/**
 * The catalog on a full disk. What is written over needs no new room, so the log is made as long
 * beforehand as it becomes between two checkpoints, and the file keeps some free pages: what says
 * that things are deleted can be written then.
 */

import { statfsSync } from 'node:fs';
import { CompiledQuery } from 'kysely';
import type { Connection } from './connection.ts';

/** Twice what SQLite lets the log become before it begins at its front again. */
const logBytes = 8 * 1024 * 1024;
const freeBytes = 1024 * 1024;
const pageBytes = 4096;
/**
 * SQLite's default, in KiB; a few pages are no cache, so that a large write goes to the log at
 * once.
 */
const usualCache = -2000;
const noCache = 10;

/**
 * SQLITE_FULL, and SQLITE_IOERR for what SQLite does not tell from it: a quota, its shared memory.
 */
const fullCodes = new Set([10, 13]);
const primaryCodeMask = 0xff;

export function isFull(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && fullCodes.has(errcode & primaryCodeMask);
}

/**
 * What is in the log goes into the file, so that the log begins at its front again; waits for
 * nobody.
 */
export function beginLogAgain(writer: Connection): void {
  try {
    writer.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

/**
 * Does what it can: on a disk that is full already that is nothing, and some is left for others.
 */
export function takeRoom(writer: Connection, file: string): void {
  const { bavail, bsize } = statfsSync(file);
  const shareBytes = Math.floor((bavail * bsize) / 4);
  try {
    // Of a process that died at it.
    writer.exec('DROP TABLE IF EXISTS room');
    keepFreePages(writer, Math.min(freeBytes, shareBytes));
    lengthenLog(writer, Math.min(logBytes, shareBytes));
  } catch (error) {
    if (writer.inTransaction) writer.exec('ROLLBACK');
    if (!isFull(error)) throw error;
  } finally {
    writer.exec(`PRAGMA cache_size = ${usualCache}`);
  }
}

/** The pages of a table that is dropped; a checkpoint before puts them into the file. */
function keepFreePages(writer: Connection, wantedBytes: number): void {
  const [row] = writer.all(CompiledQuery.raw('PRAGMA freelist_count'));
  const missingBytes = wantedBytes - Number(row?.freelist_count) * pageBytes;
  if (missingBytes <= 0) return;
  writer.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE room (bytes);
    INSERT INTO room VALUES (zeroblob(${missingBytes}));
    COMMIT;
    PRAGMA wal_checkpoint(PASSIVE);
    DROP TABLE room;`);
}

/** The frames of a transaction that is rolled back stay in the file, to be written over. */
function lengthenLog(writer: Connection, bytes: number): void {
  writer.exec(`
    PRAGMA cache_size = ${noCache};
    BEGIN IMMEDIATE;
    CREATE TABLE room (bytes);
    INSERT INTO room VALUES (zeroblob(${bytes}));
    ROLLBACK;`);
}
