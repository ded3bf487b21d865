/**
 * What a system starts by itself: units of systemd that are enabled (by the links that say so, not
 * by presets), scripts of sysvinit that systemd has no unit for, and services of OpenRC.
 */
import type { SystemTree, TreeFile } from './system-tree.ts';

export interface Service {
  /** Such as `ssh.service`, or that of a script. */
  name: string;
  manager: 'systemd' | 'sysvinit' | 'openrc';
  /** `masked`: systemd starts it for nobody. */
  state: 'enabled' | 'masked';
  /** Targets or run levels for which it is. */
  for: string[];
}

const unitFolders = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
/** Of a system, which has hundreds. */
const servicesMax = 5000;

/** By name. */
export async function readServices(tree: SystemTree): Promise<Service[]> {
  const services = new Map<string, Service>();
  const add = (manager: Service['manager'], name: string, of?: string, state?: 'masked') => {
    const key = `${manager} ${name}`;
    if (services.size >= servicesMax && !services.has(key)) return;
    const known = services.get(key) ?? { name, manager, state: state ?? 'enabled', for: [] };
    services.set(key, known);
    if (of !== undefined && !known.for.includes(of)) known.for.push(of);
  };
  await readSystemd(tree, add);
  await readSysvinit(tree, add);
  await readOpenrc(tree, add);
  return [...services.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Add = (manager: Service['manager'], name: string, of?: string, state?: 'masked') => void;

async function readSystemd(tree: SystemTree, add: Add): Promise<void> {
  const [own = ''] = unitFolders;
  for (const file of await tree.list(own)) {
    const name = nameOf(file);
    const [, target] = /^(.+)\.(?:wants|requires)$/.exec(name) ?? [];
    if (file.inode.kind === 'link' && (await targetOf(file)) === '/dev/null') {
      add('systemd', name, undefined, 'masked');
    }
    if (file.inode.kind !== 'folder' || target === undefined) continue;
    for (const link of await tree.list(file.path)) {
      if (link.inode.kind === 'link') add('systemd', nameOf(link), target);
    }
  }
}

/** Of the levels that a system with several users is in. */
async function readSysvinit(tree: SystemTree, add: Add): Promise<void> {
  for (const level of ['S', '2', '3', '4', '5']) {
    for (const file of await tree.list(`/etc/rc${level}.d`)) {
      const [, name] = /^S\d\d(.+)$/.exec(nameOf(file)) ?? [];
      if (name === undefined || (await hasUnit(tree, name))) continue;
      add('sysvinit', name, level);
    }
  }
}

async function hasUnit(tree: SystemTree, name: string): Promise<boolean> {
  for (const folder of unitFolders) {
    if (await tree.find(`${folder}/${name}.service`, { link: true })) return true;
  }
  return false;
}

async function readOpenrc(tree: SystemTree, add: Add): Promise<void> {
  for (const level of await tree.list('/etc/runlevels')) {
    if (level.inode.kind !== 'folder') continue;
    for (const file of await tree.list(level.path)) add('openrc', nameOf(file), nameOf(level));
  }
}

export function nameOf({ path }: TreeFile): string {
  return path.subarray(path.lastIndexOf(slash) + 1).toString();
}

const slash = '/'.charCodeAt(0);

async function targetOf({ fileSystem, inode }: TreeFile): Promise<string> {
  return (await fileSystem.target(inode)).toString();
}
