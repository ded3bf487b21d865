/** The console's files, asked for as browsers do and as they do not. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { startTestListener, type TestListener } from './test-listener.ts';

const script = 'assets/index-D1OXV2Mw.js';
const page = '<!doctype html><title>Imago</title>';
const code = `${'console.log("hello");\n'.repeat(100)}`;

let folder: string;
let imago: TestListener;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imago-console-'));
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  imago = await startTestListener({
    sts: { GetCallerIdentity: { accepts: [], run: async () => ({ Account: '1' }) } },
    consoleFolder: path.join(folder, 'dist'),
    consoleOrigins: ['https://imago.example'],
  });
});
beforeEach(() => build());
afterEach(() => rm(path.join(folder, 'dist'), { recursive: true, force: true }));
after(async () => {
  await imago[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function build(text = page): Promise<void> {
  const dist = path.join(folder, 'dist');
  await mkdir(path.join(dist, 'assets'), { recursive: true });
  await writeFile(path.join(dist, script), code);
  await writeFile(path.join(dist, `${script}.gz`), gzipSync(code));
  await writeFile(path.join(dist, 'mark.svg'), '<svg/>');
  await writeFile(path.join(dist, 'source.map'), '{}');
  await symlink('../secret.txt', path.join(dist, 'link.txt'));
  await writeFile(path.join(dist, 'index.html'), text);
}

interface Got {
  status?: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** As it is written here: nothing makes the path or the headers nicer. */
function get(asked: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: imago.port, path: asked, headers, method }, async (response) => {
      const body = Buffer.concat(await response.toArray());
      resolve({ status: response.statusCode, headers: response.headers, body });
    });
    sent.once('error', reject);
    sent.end();
  });
}

async function statusOf(...asked: Parameters<typeof get>): Promise<number | undefined> {
  return (await get(...asked)).status;
}

describe('a file of the console', () => {
  test('is answered to whoever asks, as what it is', async () => {
    const { status, headers, body } = await get('/console/');
    assert.deepEqual([status, String(body)], [200, page]);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-cache');
    assert.deepEqual((await get('/console/?a=b')).body, body);
    const mark = await get('/console/mark.svg');
    assert.equal(mark.headers['content-type'], 'image/svg+xml');
    assert.equal(mark.headers['cache-control'], 'no-cache');
    const asset = await get(`/console/${script}`);
    assert.equal(asset.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(String(asset.body), code);
  });

  test('has all that keeps a browser from being misled by it', async () => {
    for (const asked of ['/console/', `/console/${script}`, '/console/none', '/console']) {
      const { headers } = await get(asked);
      const csp = String(headers['content-security-policy']);
      assert.match(csp, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
      assert.match(csp, /base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/);
      assert.doesNotMatch(csp, /unsafe|\*|http/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
  });

  test('is compressed for whoever takes that', async () => {
    const { headers, body } = await get(`/console/${script}`, { 'accept-encoding': 'br, gzip' });
    assert.equal(headers['content-encoding'], 'gzip');
    assert.equal(headers.vary, 'accept-encoding');
    assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(String(gunzipSync(body)), code);
    for (const accepted of ['gzip;q=0', 'gzip;q=0.0', 'br', 'identity', 'gzipped']) {
      const plain = await get(`/console/${script}`, { 'accept-encoding': accepted });
      assert.equal(plain.headers['content-encoding'], undefined, accepted);
      assert.equal(String(plain.body), code);
    }
    const mark = await get('/console/mark.svg', { 'accept-encoding': 'gzip' });
    assert.equal(mark.headers['content-encoding'], undefined, 'there is no such file beside it');
  });

  test('is not sent again to whoever has it', async () => {
    const { headers } = await get('/console/');
    const etag = String(headers.etag);
    for (const known of [etag, `"other", W/${etag}`]) {
      const { status, body } = await get('/console/', { 'if-none-match': known });
      assert.deepEqual([status, body.length], [304, 0]);
    }
    assert.equal(await statusOf('/console/', { 'if-none-match': '"other"' }), 200);
    const zipped = await get(`/console/${script}`, { 'accept-encoding': 'gzip' });
    assert.notEqual(zipped.headers.etag, (await get(`/console/${script}`)).headers.etag);
  });

  test('is looked at by HEAD, and nothing is done to it', async () => {
    const { status, headers, body } = await get('/console/', {}, 'HEAD');
    assert.deepEqual([status, body.length], [200, 0]);
    assert.equal(headers['content-length'], String(page.length));
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const refused = await get('/console/', {}, method);
      assert.deepEqual([refused.status, refused.headers.allow], [405, 'GET, HEAD'], method);
    }
  });
});

test('nothing else is in reach', async () => {
  const outside = [
    ...['../secret.txt', '%2e%2e/secret.txt', '..%2fsecret.txt', 'assets/../../secret.txt'],
    ...['link.txt', 'source.map', `${script}.gz`, 'assets/', 'assets', '/etc/passwd', 'INDEX.HTML'],
    ...['index.html/', 'index.html%00', `./${script}`, '__proto__', 'constructor'],
  ];
  for (const name of outside) {
    const { status, body } = await get(`/console/${name}`);
    assert.deepEqual([status, String(body)], [404, 'The console has no such file.\n'], name);
  }
  for (const asked of ['/', '/consoles', '/console/../imago/server', '/Console/', '//console/']) {
    const { status, body } = await get(asked);
    assert.ok(status === 403 || status === 404, `${asked}: ${status}`);
    assert.ok(!String(body).includes('<title>'), asked);
  }
});

test('its address without the slash leads to it', async () => {
  const { status, headers } = await get('/console');
  assert.deepEqual([status, headers.location], [308, '/console/']);
});

test('a build that lacks is told of, and is found once it is there, as is a newer one', async () => {
  const dist = path.join(folder, 'dist');
  await rm(dist, { recursive: true });
  const { status, body } = await get('/console/');
  assert.equal(status, 503);
  assert.match(String(body), /npm run setup/);
  assert.equal(await statusOf(`/console/${script}`), 503);
  await build();
  assert.equal(await statusOf('/console/'), 200);
  await rm(dist, { recursive: true });
  await build(`${page}<p>newer`);
  await writeFile(path.join(dist, 'assets/more-AAAAAAAA.css'), 'a{}');
  assert.equal(String((await get('/console/')).body), `${page}<p>newer`);
  assert.equal(await statusOf('/console/assets/more-AAAAAAAA.css'), 200);
  await rm(path.join(dist, 'assets/more-AAAAAAAA.css'));
  await rm(path.join(dist, 'mark.svg'));
  assert.equal(await statusOf('/console/assets/more-AAAAAAAA.css'), 200, 'it is kept');
  assert.equal(await statusOf('/console/mark.svg'), 404, 'it goes while nobody has read it');
  assert.ok((await readdir(dist)).includes('link.txt'), 'there was something not to hand out');
});

test('it is there under addresses and names that are known, not under any that leads here', async () => {
  const port = `:${imago.port}`;
  for (const host of ['127.0.0.1', `127.0.0.1${port}`, `[::1]${port}`, `LOCALHOST${port}`]) {
    assert.equal(await statusOf('/console/', { host }), 200, host);
  }
  assert.equal(await statusOf('/console/', { host: 'imago.example' }), 200);
  for (const host of ['rebound.example', `localhost.rebound.example${port}`, 'a b']) {
    assert.equal(await statusOf('/console/', { host }), 421, host);
  }
});
