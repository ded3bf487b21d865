import assert from 'node:assert/strict';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readConsole, trimLogs } from './console-log.ts';

test('a console that grows too long is cut, its newest part is kept, and writing goes on', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'im-console-'));
  const file = path.join(folder, 'console.log');
  const guest = await open(file, 'a');
  try {
    await guest.write('first boot\n');
    await trimLogs(folder);
    assert.equal((await readConsole(folder, 100)).toString(), 'first boot\n');
    await guest.write(Buffer.alloc(17 * 1024 * 1024, 'x'));
    await guest.write('the end\n');
    await trimLogs(folder);
    assert.equal((await stat(file)).size, 0);
    await guest.write('and more\n');
    assert.equal((await readConsole(folder, 17)).toString(), 'the end\nand more\n');
    assert.equal((await readConsole(folder, 4)).toString(), 'ore\n');
    assert.equal((await readConsole(folder, 2 ** 30)).length, 1024 * 1024 + 9);
  } finally {
    await guest.close();
    await rm(folder, { recursive: true });
  }
});
