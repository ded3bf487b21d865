import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createLayer, isWholeLayer } from '../../disk/qcow2-create.ts';
import { CrashingFiles } from '../../files/crashing/crashing-files.ts';
import { makeLastingFolder } from '../../files/lasting-folder.ts';
import type { CreateLayer } from './layers.ts';
import { makeUefiVariables } from './uefi-variables.ts';

const [rounds, machines] = [20, 8];

test('the first machines of a home, started at once, share one template', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'im-uefi-'));
  try {
    const template = path.join(home, 'template.fd');
    await writeFile(template, Buffer.alloc(540_672, 1));
    for (let round = 0; round < rounds; round++) {
      const firmwareFolder = path.join(home, `firmware-${round}`);
      const folders = Array.from({ length: machines }, (_, i) => path.join(home, `${round}-${i}`));
      for (const folder of folders) await mkdir(path.join(folder, 'machine'), { recursive: true });
      const options = { template, firmwareFolder, createLayer };
      await Promise.all(folders.map((folder) => makeUefiVariables({ folder, layout: 3 }, options)));
      const [kept = '', ...more] = await readdir(firmwareFolder);
      assert.deepEqual(more, []);
      const { nlink } = await stat(path.join(firmwareFolder, kept));
      assert.equal(nlink, machines + 1);
    }
  } finally {
    await rm(home, { recursive: true });
  }
});

test('what a machine writes of its variables is there after every power cut', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'im-uefi-'));
  try {
    const template = path.join(home, 'template.fd');
    await writeFile(template, Buffer.alloc(540_672, 1));
    const machine = path.join(home, 'machine');
    await mkdir(machine);
    for (let seed = 0; seed < 20; seed++) {
      const files = new CrashingFiles({ seed });
      await makeLastingFolder(files, machine);
      let made = '';
      const create: CreateLayer = (file, size, options) => {
        made = file;
        return createLayer(file, size, { ...options, files });
      };
      const options = {
        template,
        firmwareFolder: path.join(home, 'firmware'),
        createLayer: create,
      };
      await makeUefiVariables({ folder: home, layout: 3 }, options);
      await rm(path.join(home, 'uefi-template.fd'));
      assert.equal(await isWholeLayer(made, files.cut()), true, `seed ${seed}`);
    }
  } finally {
    await rm(home, { recursive: true });
  }
});
