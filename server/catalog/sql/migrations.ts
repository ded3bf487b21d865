/**
 * The schema's history: the nth entry takes a catalog from version n - 1 to n. Entries are never changed once released; a change
 * of the schema (or of the documents) is a new entry.
 */
import type { CompiledQuery, Kysely } from 'kysely';
import { firstTables } from './0001-first-tables.ts';

export type Migration = (database: Kysely<unknown>) => CompiledQuery[];

export const migrations: readonly Migration[] = [firstTables];
