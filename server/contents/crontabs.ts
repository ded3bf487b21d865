/** What a system does at times: its crontabs, and the scripts that run hourly, daily and so on. */
import { nameOf } from './services.ts';
import type { SystemTree } from './system-tree.ts';

export interface CronEntry {
  /** Five fields, `@reboot` and the like, or `hourly` … of a folder of scripts. */
  schedule: string;
  user: string;
  command: string;
  file: string;
}

const fileMaxBytes = 256 * 1024;
const entriesMax = 2000;
const scriptFolders = ['hourly', 'daily', 'weekly', 'monthly'];
/** Where users have their own: of Debian, of Red Hat's family, of Alpine. */
const userFolders = ['/var/spool/cron/crontabs', '/var/spool/cron', '/etc/crontabs'];

export async function readCrontabs(tree: SystemTree): Promise<CronEntry[]> {
  const entries: CronEntry[] = [];
  const read = async (file: string, user?: string) => {
    const text = (await tree.readFile(file, fileMaxBytes))?.toString() ?? '';
    for (const each of parseCrontab(text, user)) {
      if (entries.length < entriesMax) entries.push({ ...each, file });
    }
  };
  await read('/etc/crontab');
  for (const file of await tree.list('/etc/cron.d')) {
    // What cron itself passes over.
    if (/^[\w-]+$/.test(nameOf(file))) await read(file.path.toString());
  }
  for (const folder of userFolders) {
    for (const file of await tree.list(folder)) {
      if (file.inode.kind === 'file') await read(file.path.toString(), nameOf(file));
    }
  }
  for (const schedule of scriptFolders) {
    for (const file of await tree.list(`/etc/cron.${schedule}`)) {
      const runs = file.inode.kind !== 'folder' && /^[\w-]+$/.test(nameOf(file));
      if (!runs || entries.length >= entriesMax) continue;
      const path = file.path.toString();
      entries.push({ schedule, user: 'root', command: path, file: path });
    }
  }
  return entries;
}

/** Of a system's there is a user in each line. */
export function parseCrontab(text: string, owner?: string): Omit<CronEntry, 'file'>[] {
  return text.split('\n').flatMap((line) => {
    const [, schedule, rest = ''] = /^\s*(@\w+|(?:[^\s#=]\S*\s+){4}\S+)\s+(.*)$/.exec(line) ?? [];
    if (schedule === undefined) return [];
    const [, user, command] =
      owner === undefined ? (/^(\S+)\s+(.+)$/.exec(rest) ?? []) : ['', owner, rest];
    if (!user || !command) return [];
    return [{ schedule: schedule.replace(/\s+/g, ' '), user, command: command.trim() }];
  });
}
