/**
 * `pivot.json` in the machine's folder says `freezing` from before the guest is frozen until it is
 * thawed: whoever comes after a kill knows that a thaw may be missing. Then it keeps the result,
 * for a caller that was killed before it got it.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readRegularFile } from '../../foundations/regular-file.ts';
import type { PivotResult } from '../hypervisor.ts';

const recordFile = 'pivot.json';
/** 28 names of nodes and a few numbers. */
const recordMaxBytes = 16 * 1024;

export interface PivotRecord {
  /** The new top nodes. */
  nodes: string[];
  state: 'freezing' | 'done';
  startedAt: number;
  result: Omit<PivotResult, 'cut'>;
}

export function readPivotRecord(folder: string): PivotRecord | undefined {
  try {
    const bytes = readRegularFile(path.join(folder, recordFile), recordMaxBytes);
    const record = JSON.parse(bytes?.toString() ?? 'null');
    return Array.isArray(record?.nodes) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Synchronous: between it and the freeze nothing else may happen. */
export function writePivotRecord(folder: string, record: PivotRecord): void {
  const draft = path.join(folder, `.${recordFile}`);
  rmSync(draft, { force: true });
  writeFileSync(draft, JSON.stringify(record), { flag: 'wx' });
  renameSync(draft, path.join(folder, recordFile));
}
