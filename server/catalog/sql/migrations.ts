/**
 * The schema's history: the nth entry takes a catalog from version n - 1 to n. Entries are never changed once released; a change
 * of the schema (or of the documents) is a new entry. An entry may name tables as strings only: what they are called and made
 * of today is no part of the past.
 */
import { firstTables } from './0001-first-tables.ts';
import { versionsAndLeases } from './0002-versions-and-leases.ts';
import type { Migration } from './migration-steps.ts';

export const migrations: readonly Migration[] = [firstTables, versionsAndLeases];
