import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { checkPassage, HomeImpassableError } from './home-passage.ts';

/**
 * As root another user is tried; an ordinary user's guests are that user, and there is nothing to
 * try.
 */
const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
let base: string;
let closed: string;

before(() => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), 'im-pass-')));
  chmodSync(base, 0o711);
  closed = path.join(base, 'closed');
  mkdirSync(path.join(closed, 'in/home'), { recursive: true, mode: 0o755 });
  mkdirSync(path.join(base, 'open'), { mode: 0o711 });
  symlinkSync(path.join(closed, 'in/home'), path.join(base, 'link'));
});
after(() => {
  chmodSync(closed, 0o700);
  rmSync(base, { recursive: true });
});

function barrierOf(folder: string): string | undefined {
  try {
    checkPassage(folder, isRoot ? [nobody] : []);
  } catch (error) {
    assert.ok(error instanceof HomeImpassableError, `${error}`);
    assert.equal(error.uid, nobody.uid);
    return error.barrier;
  }
}

test('folders that all may enter let pass, also to what is not there yet', () => {
  chmodSync(closed, 0o711);
  for (const name of ['open', 'open/not/yet', 'closed/in/home', 'link']) {
    assert.equal(barrierOf(path.join(base, name)), undefined, name);
  }
});

test('the folder that bars the way is named, also at the end of a link', () => {
  chmodSync(closed, 0o700);
  for (const name of ['closed', 'closed/in', 'closed/in/home', 'closed/in/home/not/yet', 'link']) {
    assert.equal(barrierOf(path.join(base, name)), isRoot ? closed : undefined, name);
  }
});
