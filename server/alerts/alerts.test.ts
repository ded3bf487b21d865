import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Log } from '../foundations/log.ts';
import { Alerts } from './alerts.ts';

const alert = {
  id: 'drill-1',
  kind: 'drill',
  subject: 'A drill failed:\nami-1 – badly',
  details: { imageId: 'ami-1' },
};
const never = new AbortController().signal;
const pausesMs = [1, 1];
let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'im-alerts-'));
});
after(() => rmSync(folder, { recursive: true }));

function logOf(lines: string[]): Log {
  const write = (message: string, fields?: object) =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: write, info: write, warn: write, error: write } as unknown as Log;
}

test('it is posted, told to a command and mailed, each until it is taken', async () => {
  const posted: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    posted.push(body);
    response.writeHead(posted.length < 3 ? 503 : 204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const told = path.join(folder, 'told');
  const letter = path.join(folder, 'letter');
  const sendmail = path.join(folder, 'sendmail');
  writeFileSync(sendmail, `#!/bin/sh\n{ echo "$@"; cat; } > ${letter}\n`);
  chmodSync(sendmail, 0o755);
  const lines: string[] = [];
  const commands = [['sh', '-c', 'cat > "$1"', 'sh', told]];
  const places = { urls: [url], commands, mail: ['ops@example.com'] };
  const alerts = new Alerts({ places, log: logOf(lines), sendmail, pausesMs });
  await alerts.tell(alert, never);
  server.close();
  assert.equal(posted.length, 3);
  assert.equal(JSON.parse(posted[2] ?? '').imageId, 'ami-1');
  assert.equal(JSON.parse(readFileSync(told, 'utf8')).id, 'drill-1');
  const mail = readFileSync(letter, 'utf8');
  assert.match(mail, /^-i -- ops@example.com\nTo: ops@example.com\n/);
  assert.match(mail, /\nSubject: A drill failed: ami-1 badly\n/);
  assert.deepEqual(lines, []);
});

test('what does not arrive is in the log and answered without secrets, and holds up nobody', async () => {
  const lines: string[] = [];
  const urls = ['http://127.0.0.1:1/nobody?token=secret'];
  const commands = [['false'], ['/usr/lib/no-such-program', 'secret'], ['sleep', '600']];
  const places = { urls, commands, mail: ['ops@example.com'] };
  const sendmail = path.join(folder, 'no-sendmail');
  const alerts = new Alerts({ places, log: logOf(lines), sendmail, pausesMs: [1], timeoutMs: 500 });
  assert.deepEqual(await alerts.tell(alert, never), [
    'webhook of 127.0.0.1:1',
    'command false',
    'command no-such-program',
    'command sleep',
    'mail',
  ]);
  assert.equal(lines.length, 5);
  assert.doesNotMatch(lines.join(), /secret/);
});

test('a webhook that takes it and never answers is tried a few times, and given up', async () => {
  let asked = 0;
  const server = createServer(() => void asked++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const places = { urls: [`http://${host}/hook`], commands: [], mail: [] };
  const alerts = new Alerts({ places, log: logOf([]), pausesMs, timeoutMs: 1000 });
  assert.deepEqual(await alerts.tell(alert, never), [`webhook of ${host}`]);
  assert.equal(asked, 3);
  server.closeAllConnections();
  server.close();
});

test('with a command that takes too long what it has begun ends, too', async () => {
  const file = path.join(folder, 'pid');
  const commands = [['sh', '-c', 'sleep 600 & echo $! > "$1"; wait', 'sh', file]];
  const places = { urls: [], commands, mail: [] };
  const alerts = new Alerts({ places, log: logOf([]), pausesMs: [], timeoutMs: 3000 });
  assert.deepEqual(await alerts.tell(alert, never), ['command sh']);
  const pid = readFileSync(file, 'utf8').trim();
  const state = () => {
    try {
      return / ([A-Z]) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    } catch {
      return undefined;
    }
  };
  for (let look = 0; look < 50 && ![undefined, 'Z'].includes(state()); look++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok([undefined, 'Z'].includes(state()));
});

test('it is given up when Imago stops', async () => {
  const stop = new AbortController();
  const places = { urls: [], commands: [['sleep', '600']], mail: [] };
  const alerts = new Alerts({ places, log: logOf([]), pausesMs });
  const told = alerts.tell(alert, stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(told, { message: 'stopped' });
});
