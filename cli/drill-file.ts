/**
 * What a drill is to look at as people write it: one YAML file, whose mistakes are told by the line
 * that they are on.
 */
import { readFile } from 'node:fs/promises';
import * as yaml from 'yaml';
import { DrillTextError, readDrillText } from '../api/drill-text.ts';
import type { DrillLooks } from '../api/imago-drill-checks.ts';
import { CommandError } from './command-error.ts';

const textBytesMax = 256 * 1024;

export async function readDrillFile(file: string): Promise<DrillLooks> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read: ${error.message}`);
  });
  if (text.trim() === '') throw new CommandError(`${file} says nothing to look at.`);
  if (Buffer.byteLength(text) > textBytesMax) throw new CommandError(`${file} is too long.`);
  try {
    return readDrillText(text, yaml);
  } catch (error) {
    if (!(error instanceof DrillTextError)) throw error;
    throw new CommandError(`${file}:${error.line}: ${error.message}`);
  }
}
