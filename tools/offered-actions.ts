/**
 * The actions that are offered: those of which server/operations has a file, wherever under the
 * folder of their service.
 */
import { globSync } from 'node:fs';
import path from 'node:path';

export interface OfferedAction {
  /** Such as `CreateImage`. */
  action: string;
  /** Such as `ec2/images/CreateImage.ts`, from server/operations. */
  file: string;
}

const folder = path.join(import.meta.dirname, '../server/operations');

/** Files of other things begin with a small letter. */
export function offeredActions(service: string): OfferedAction[] {
  return globSync(`${service}/**/[A-Z]*.ts`, { cwd: folder })
    .map((file) => ({ action: path.basename(file, '.ts'), file }))
    .sort((a, b) => (a.action < b.action ? -1 : 1));
}
