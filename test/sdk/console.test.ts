/**
 * The way into the console, as a process: where it is, the link that signs in, and the stream of
 * changes, which a restart ends.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CreateKeyPairCommand, DeleteKeyPairCommand } from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { WebSocket } from 'ws';
import { ApiError, Client } from '../../cli/client.ts';
import { openWebSocket } from '../../cli/web-socket.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { until } from '../support/until.ts';

const named = 'https://imago.example';
let imago: ImagoProcess;
let desktop: string;
before(async () => {
  imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    flags: ['--console-origin', named],
  });
  // A desktop on which what opens addresses writes down what it is given.
  desktop = mkdtempSync(path.join(tmpdir(), 'im-desktop-'));
  mkdirSync(path.join(desktop, 'bin'));
  const program = path.join(desktop, 'bin/xdg-open');
  writeFileSync(program, `#!/bin/sh\nprintf %s "$*" > '${desktop}/opened'\n`);
  chmodSync(program, 0o755);
});
after(async () => {
  await imago?.dispose();
  if (desktop) rmSync(desktop, { recursive: true });
});

function run(words: string[], environment: Record<string, string> = {}) {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(launcher, [...words, '--home', imago.home], {
    encoding: 'utf8',
    env: { ...env, ...environment },
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

interface Link {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  region: string;
}

function readLink(text: string): Link {
  const [place, fragment = ''] = text.trim().split('#');
  assert.equal(place, `${imago.endpoint}/console/`);
  const [route, query] = fragment.split('?');
  assert.equal(route, '/sign-in');
  const members = new URLSearchParams(query);
  const member = (name: string) => members.get(name) ?? '';
  return {
    accessKeyId: member('key'),
    secretAccessKey: member('secret'),
    sessionToken: member('token'),
    region: member('region'),
  };
}

/** What the console does with a link. */
async function follow(link: Link): Promise<Link> {
  const client = new Client({ endpoint: imago.endpoint, ...link });
  const { Credentials: made } = await client.imago('SignIn', {});
  return {
    accessKeyId: made.AccessKeyId,
    secretAccessKey: made.SecretAccessKey,
    sessionToken: made.SessionToken,
    region: link.region,
  };
}

async function accountOf(credentials: Link): Promise<string | undefined> {
  const sts = new STSClient({ endpoint: imago.endpoint, region: credentials.region, credentials });
  const { Account } = await sts.send(new GetCallerIdentityCommand());
  sts.destroy();
  return Account;
}

test('its address is printed, and answers', async () => {
  const address = run(['console-url']).trim();
  assert.equal(address, `${imago.endpoint}/console/`);
  assert.deepEqual(JSON.parse(run(['console-url', '--json'])), { console: address });
  const answer = await fetch(address);
  assert.ok([200, 503].includes(answer.status), 'it is there, or says how it is built');
  assert.match(answer.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
  const preflight = await fetch(imago.endpoint, {
    method: 'OPTIONS',
    headers: { origin: named, 'access-control-request-method': 'POST' },
  });
  assert.equal(preflight.headers.get('access-control-allow-origin'), named);
});

describe('imago open', () => {
  test('prints a link that signs in once, where there is no desktop', async () => {
    const [why, text = ''] = run(['open']).trim().split('\n');
    assert.match(why ?? '', /once, within a minute/);
    const session = await follow(readLink(text));
    const { Account } = await imago.sts().send(new GetCallerIdentityCommand());
    assert.equal(await accountOf(session), Account);
    await assert.rejects(
      follow(readLink(text)),
      (error: ApiError) =>
        error instanceof ApiError && error.code === 'UnrecognizedClientException',
    );
    assert.ok(run(['open', '--print'], { DISPLAY: ':9' }).startsWith(imago.endpoint));
    const { link, expiration } = JSON.parse(run(['open', '--json'], { DISPLAY: ':9' }));
    assert.ok(Date.parse(expiration) > Date.now());
    await follow(readLink(link));
  });

  test('signs in as the account that is named', async () => {
    run(['accounts', 'create', 'ci']);
    const { Accounts } = JSON.parse(run(['accounts', 'list', '--json']));
    const ci = Accounts.find(({ Name }: { Name: string }) => Name === 'ci');
    const session = await follow(readLink(run(['open', '--print', '--account', 'ci'])));
    assert.equal(await accountOf(session), ci.AccountId);
  });

  test('leads a browser there by a file that is its user’s, and no command line has a secret', async () => {
    const { PATH = '' } = process.env;
    const opening = { DISPLAY: ':9', PATH: `${desktop}/bin:${PATH}` };
    const [why, text = ''] = run(['open'], opening).trim().split('\n');
    assert.match(why ?? '', /opens in your browser/);
    const opened = readFileSync(path.join(desktop, 'opened'), 'utf8');
    const link = readLink(text);
    assert.ok(!opened.includes(link.accessKeyId));
    const file = fileURLToPath(opened);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const page = readFileSync(file, 'utf8');
    assert.ok(page.includes(`url=${text.replaceAll('&', '&amp;')}"`), page);
    await follow(link);
    run(['open'], opening);
    const [, other = ''] = run(['open'], { DISPLAY: ':9', PATH }).trim().split('\n');
    await follow(readLink(other));
  });
});

describe('the stream of changes', () => {
  interface Watcher {
    told: string[];
    closed: Promise<unknown[]>;
    webSocket: WebSocket;
  }

  async function watch(credentials: Link): Promise<Watcher> {
    const client = new Client({ endpoint: imago.endpoint, ...credentials });
    const webSocket = await openWebSocket(client, '/imago/changes');
    const told: string[] = [];
    webSocket.on('message', (data) => {
      for (const line of String(data).split('\n').slice(0, -1)) {
        const { table, id } = JSON.parse(line);
        if (table === 'keyPairs') told.push(id);
      }
    });
    webSocket.resume();
    return { told, closed: once(webSocket, 'close'), webSocket };
  }

  test('ends with its session, at once', async () => {
    const session = await follow(readLink(run(['open', '--print'])));
    const { closed } = await watch(session);
    const client = new Client({ endpoint: imago.endpoint, ...session });
    await client.imago('EndSession', { AccessKeyId: session.accessKeyId });
    assert.equal((await closed)[0], 1008);
    await assert.rejects(watch(session), { code: 'UnrecognizedClientException' });
  });

  test('is opened again after a restart, by the same session', async () => {
    const session = await follow(readLink(run(['open', '--print'])));
    const first = await watch(session);
    const { KeyPairId: id } = await imago
      .ec2()
      .send(new CreateKeyPairCommand({ KeyName: 'watched' }));
    await until('the key is told', () => first.told.includes(String(id)));
    await imago.stop();
    const [code] = await first.closed;
    assert.equal(code, 1001);
    await imago.start();
    const second = await watch(session);
    await imago.ec2().send(new DeleteKeyPairCommand({ KeyName: 'watched' }));
    await until('its end is told', () => second.told.includes(String(id)));
    await imago.kill();
    await second.closed;
    await imago.start();
    const third = await watch(session);
    third.webSocket.terminate();
  });
});
