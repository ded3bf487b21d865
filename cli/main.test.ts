import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

const launcher = path.resolve(import.meta.dirname, '../bin/imago');
let folder: string;

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'im-cli-'));
});
after(() => rmSync(folder, { recursive: true }));

function imago(words: string[], program = launcher) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('the launcher works from another folder, and through symbolic links to it or to its folder', () => {
  const relative = path.join(folder, 'relative');
  symlinkSync(launcher, path.join(folder, 'absolute'));
  symlinkSync('absolute', relative);
  symlinkSync(path.dirname(launcher), path.join(folder, 'bin'));
  for (const program of [relative, path.join(folder, 'bin/imago')]) {
    const { status, stdout } = imago(['--help'], program);
    assert.equal(status, 0);
    assert.match(stdout, /quickstart[\s\S]*serve[\s\S]*doctor/);
  }
});

test('every command explains itself with an example', () => {
  const commands = ['quickstart', 'env', 'doctor', 'fsck', 'ssh', 'console', 'instances list'];
  commands.push('open', 'console-url');
  const accounts = ['create', 'list', 'update', 'disable', 'delete', 'keys create', 'keys delete'];
  commands.push(...accounts.map((words) => `accounts ${words}`));
  for (const command of [...commands, 'images build', 'images list']) {
    const { status, stdout } = imago([...command.split(' '), '--help']);
    assert.equal(status, 0, command);
    assert.match(stdout, new RegExp(`Examples:\\n {2}\\$ .*imago ${command}`));
    assert.match(stdout, /--json/);
  }
});

test('help whose reader has had enough ends quietly', async () => {
  const child = spawn(launcher, ['serve', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const told: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => told.push(chunk));
  child.stdout.destroy();
  await once(child, 'close');
  assert.equal(Buffer.concat(told).toString(), '');
});

test('it says its version', () => {
  const { status, stdout } = imago(['--version']);
  assert.equal(status, 0);
  assert.match(stdout, /^imago \d+\.\d+\.\d+\n$/);
});

test('serve refuses what cannot be the name of a region, in a sentence', () => {
  const { status, stderr } = imago(['serve', '--home', folder, '--region', 'not a region']);
  assert.equal(status, 2);
  assert.match(stderr, /"not a region" cannot be the name of a region\./);
});

test('an unknown command is answered with a similar one, and exit code 2', () => {
  const { status, stderr } = imago(['doctr']);
  assert.equal(status, 2);
  assert.match(stderr, /Did you mean doctor\?/);
});

test('an option that does not exist, and a choice that is none, are asked for wrongly', () => {
  assert.equal(imago(['env', '--nonsense']).status, 2);
  assert.equal(imago(['quickstart', '--image', 'windows']).status, 2);
});

test('without a running Imago a command says so and what to do, with exit code 1', () => {
  const { status, stdout, stderr } = imago(['instances', 'list', '--home', path.join(folder, 'h')]);
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^imago: No Imago is running with the home .*\n.*imago serve/);
});

test('env prints exports that a shell takes, or JSON', () => {
  const home = path.join(folder, 'home');
  mkdirSync(path.join(home, 'run'), { recursive: true });
  writeFileSync(path.join(home, 'run/endpoint'), 'http://127.0.0.1:8773\neu-central-1\n');
  writeFileSync(
    path.join(home, 'credentials'),
    '[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = a/b+c=\n',
  );
  const script = `eval "$(${launcher} env --home ${home})"; echo $AWS_ENDPOINT_URL $AWS_REGION $AWS_SECRET_ACCESS_KEY`;
  const shell = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  assert.equal(shell.stdout, 'http://127.0.0.1:8773 eu-central-1 a/b+c=\n');
  for (const account of [[], ['--account', 'default']]) {
    const { stdout } = imago(['env', '--json', '--home', home, ...account]);
    assert.equal(JSON.parse(stdout).AWS_SECRET_ACCESS_KEY, 'a/b+c=');
  }
  const variables = JSON.parse(imago(['env', '--json', '--home', home]).stdout);
  assert.equal(variables.AWS_ACCESS_KEY_ID, 'AKIAEXAMPLE');
  assert.equal(variables.AWS_DEFAULT_REGION, 'eu-central-1');
});

test('--region is where a command acts, in place of the first one', () => {
  const home = path.join(folder, 'home');
  const { stdout } = imago(['env', '--json', '--home', home, '--region', 'eu-west-1']);
  assert.equal(JSON.parse(stdout).AWS_REGION, 'eu-west-1');
});

test('a home whose path is too long for sockets is refused in a sentence', () => {
  const { status, stderr } = imago(['env', '--home', `/tmp/${'x'.repeat(100)}`]);
  assert.equal(status, 1);
  assert.match(stderr, /^imago: .*too long.*--home/);
});

test('what is left out is told with the help of the command that it is of', () => {
  for (const words of ['backups show', 'stores lock /nowhere', 'recover', 'drill show']) {
    const { status, stderr } = imago(words.split(' '));
    assert.equal(status, 2);
    const name = words.replace(' /nowhere', '');
    assert.match(stderr, new RegExp(`^error: .*\nSee \`imago ${name} --help\`\\.$`, 'm'));
  }
});

/** A drill that does not end, at an Imago that somebody else may stop. */
async function drilling(answers: () => boolean) {
  const server = createServer((request, response) => {
    if (!answers()) return void request.destroy();
    const isBegin = request.headers['x-amz-target'] === 'imago.StartDrill';
    const drill = { DrillId: 'drill-1', State: 'running', Results: [], Checks: 1 };
    response.end(JSON.stringify(isBegin ? { DrillId: 'drill-1' } : { Drills: [drill] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const home = path.join(folder, 'drilling');
  mkdirSync(path.join(home, 'run'), { recursive: true });
  const { port } = server.address() as AddressInfo;
  writeFileSync(path.join(home, 'run/endpoint'), `http://127.0.0.1:${port}\nus-east-1\n`);
  const key = '[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n';
  writeFileSync(path.join(home, 'credentials'), key, { mode: 0o600 });
  const child = spawn(launcher, ['drill', 'ami-1', '--home', home]);
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk;
  });
  const asked = once(server, 'request').then(() => once(server, 'request'));
  const ended = once(child, 'close').then(([code]) => ({ code, told }));
  return { child, asked, ended, [Symbol.dispose]: () => void server.close() };
}

test('whoever waits for a drill no longer is told that it goes on, and where it is to be seen', async () => {
  {
    using waiting = await drilling(() => true);
    await waiting.asked;
    waiting.child.kill('SIGINT');
    const told = '\nIt goes on: imago drill show drill-1, or stop drill-1.\n';
    assert.deepEqual(await waiting.ended, { code: 130, told });
  }
  let isUp = true;
  using waiting = await drilling(() => isUp);
  await waiting.asked;
  isUp = false;
  const { code, told } = await waiting.ended;
  assert.equal(code, 1);
  assert.match(told, /^imago: Imago does not answer at /m);
  assert.match(told, /The drill goes on then: imago drill show drill-1\.$/m);
  assert.doesNotMatch(told, /^ +at /m);
});
