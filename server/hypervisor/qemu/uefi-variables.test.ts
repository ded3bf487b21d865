import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createLayer } from '../../disk/qcow2-create.ts';
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
