/** Whether somebody is an SSH server, by what he says first; and whatever he says instead. */
import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { saysSsh } from './ssh-banner.ts';

const saying = (...chunks: (string | Buffer)[]) =>
  Readable.from(chunks.map((each) => Buffer.from(each)));

test('an SSH server says its version, in pieces, after other lines, and with or without CR', async () => {
  for (const chunks of [
    ['SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n'],
    ['SSH-2.0-dropbear_2022.83\n', Buffer.alloc(500, 7)],
    [...'SSH-1.99-old\r\n'],
    ['Authorised use only.\r\nAll is logged.\r\n', 'SSH-2.0-x\r\n'],
  ]) {
    assert.equal(await saysSsh(saying(...chunks)), true, String(chunks[0]));
  }
});

test('others are none: another protocol, another version, bytes, an end before the line has one', async () => {
  for (const said of [
    '',
    'SSH-2.0-half',
    'SSH-1.5-old\r\n',
    'SSH-2.0-\r\n',
    `SSH-2.0-${'x'.repeat(300)}\r\n`,
    'SSH-2.0-a\0b\r\n',
    '220 mail.example.com ESMTP\r\n',
    Buffer.from([0xff, 0xfe, 0x0a, 0x80, 0x0a]),
  ]) {
    assert.equal(await saysSsh(saying(said)), false, JSON.stringify(String(said)));
  }
});

test('who never ends is left after a bounded number of bytes, and the connection is gone', async () => {
  let given = 0;
  const endless = new Readable({
    read() {
      given += 1024;
      this.push(Buffer.alloc(1024, 'a'));
    },
  });
  assert.equal(await saysSsh(endless), false);
  assert.ok(endless.destroyed && given < 200 * 1024, String(given));
  const lines = new Readable({
    read() {
      this.push('welcome\n');
    },
  });
  assert.equal(await saysSsh(lines), false);
});

test('who drips, or accepts and is silent, is left after a while', async () => {
  const dripping = new PassThrough();
  const timer = setInterval(() => dripping.write('S'), 5);
  assert.equal(await saysSsh(dripping, 60), false);
  clearInterval(timer);
  assert.ok(dripping.destroyed);
  const silent = new PassThrough();
  const asked = saysSsh(silent, 20);
  await sleep(1);
  assert.equal(await asked, false);
  assert.ok(silent.destroyed);
});

test('a reset is no SSH server, and nobody’s failure', async () => {
  const reset = new PassThrough();
  const asked = saysSsh(reset);
  reset.destroy(new Error('ECONNRESET'));
  assert.equal(await asked, false);
});
