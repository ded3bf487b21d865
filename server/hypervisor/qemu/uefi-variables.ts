/**
 * UEFI variables of a machine, which it keeps. Of layout 2 only what differs from the firmware's
 * template is written, as a qcow2 file over it. The template must never change under such a file,
 * and packages are upgraded: so it is kept in the home once, by its digest, and every machine has a
 * link to the one that it began with. All of it is on disk before the machine starts: torn, none of
 * its starts would succeed.
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, lchown, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeLastingFolder } from '../../files/lasting-folder.ts';
import { nodeFiles } from '../../files/node/node-files.ts';
import { socketsFolder } from '../../foundations/home.ts';
import { decodeUefiData } from '../../foundations/uefi-data.ts';
import type { MachineSpec } from '../hypervisor.ts';
import type { CreateLayer } from './layers.ts';
import { uefiVariablesFile } from './layout-1.ts';
import { uefiDifferenceFile, uefiTemplateFile } from './layout-2.ts';
import { withVariables } from './variable-store.ts';

/** The smallest that qcow2 has: firmware writes some hundred bytes here and there. */
const clusterBits = 9;

export interface UefiVariablesOptions {
  /** Empty variables, as the firmware's package has them. */
  template: string;
  /** Where templates are kept. */
  firmwareFolder: string;
  createLayer: CreateLayer;
}

type UefiMachine = Pick<MachineSpec, 'folder' | 'layout' | 'owner' | 'uefiData'>;

/** May be repeated: variables that are there stay as they are. */
export async function makeUefiVariables(
  { folder, layout, owner, uefiData }: UefiMachine,
  { template, firmwareFolder, createLayer }: UefiVariablesOptions,
): Promise<void> {
  let file = path.join(folder, uefiVariablesFile);
  if (layout === 1) {
    await unlessThere(copyFile(template, file, constants.COPYFILE_EXCL));
  } else {
    file = path.join(socketsFolder(folder, layout), uefiDifferenceFile);
    const own = path.join(folder, uefiTemplateFile);
    const made =
      uefiData === undefined
        ? linkTemplate(template, firmwareFolder, own)
        : writeTemplate(template, uefiData, own);
    await unlessThere(made);
    await unlessThere(createLayer(file, (await stat(own)).size, { clusterBits }));
    await makeLastingFolder(nodeFiles, path.dirname(file));
  }
  if (owner) await lchown(file, owner.uid, owner.gid);
}

/** One of the machine's own: with variables to begin with. */
async function writeTemplate(template: string, uefiData: string, own: string): Promise<void> {
  const variables = decodeUefiData(Buffer.from(uefiData, 'base64'));
  await place(own, withVariables(await readFile(template), variables));
}

async function linkTemplate(template: string, firmwareFolder: string, own: string): Promise<void> {
  const bytes = await readFile(template);
  const digest = createHash('sha256').update(bytes).digest('hex');
  const kept = path.join(firmwareFolder, `${digest}.fd`);
  const size = await stat(kept).then(
    (found) => found.size,
    () => undefined,
  );
  if (size !== bytes.length) {
    await mkdir(firmwareFolder, { recursive: true, mode: 0o700 });
    if (size !== undefined) await rm(kept, { force: true });
    // What is whole is not replaced by what another launch wrote: a link to it may be under way, and
    // the kernel makes none to a file that has no name any more.
    await unlessThere(place(kept, bytes));
  }
  await link(kept, own);
}

/** Whole or not at all; rejects with EEXIST where there is one. */
async function place(file: string, bytes: Buffer): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, bytes, { flag: 'wx', mode: 0o444, flush: true });
  try {
    await link(draft, file);
  } finally {
    await rm(draft);
  }
}

async function unlessThere(work: Promise<unknown>): Promise<void> {
  await work.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
