/**
 * `imago console -i` in a terminal of its own, at a listener with a guest that answers each line.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import {
  consoleOf,
  credentials,
  startTestListener,
  type TestListener,
} from '../../server/http/test-listener.ts';

const launcher = path.resolve(import.meta.dirname, '../../bin/imago');
const home = mkdtempSync(path.join(tmpdir(), 'im-attach-'));
let imago: TestListener;
/** Everything that was typed at the guest. */
let typed = '';
let guest: Duplex;

before(async () => {
  imago = await startTestListener({
    imago: {
      OpenConsole: consoleOf((end) => {
        guest = end;
        typed = '';
        end.on('data', (chunk: Buffer) => {
          typed += chunk;
          end.write(`heard ${JSON.stringify(String(chunk))}\r\n`);
        });
      }),
    },
  });
  mkdirSync(path.join(home, 'run'));
  writeFileSync(path.join(home, 'run/endpoint'), `${imago.endpoint}\nus-east-1\n`);
  const { accessKeyId, secretAccessKey } = credentials;
  const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  writeFileSync(path.join(home, 'credentials'), `[default]\n${keys}`);
});
after(async () => {
  await imago[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});

/** In a terminal whose settings are printed before and after. */
function inTerminal(instance: string) {
  const attach = `echo "pid $$;"; exec ${launcher} console -i ${instance} --home ${home}`;
  const command = `stty -g; sh -c '${attach}'; echo "exit $?"; stty -g`;
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const shown = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(output);
      if (found) return found;
      await once(child.stdout, 'data');
    }
  };
  const ended = once(child, 'close').then(() => {
    const lines = output.trim().split('\r\n');
    return { output, same: lines[0] === lines.at(-1) };
  });
  return { child, shown, ended };
}

test('keys reach the guest as they are, its bytes the terminal, and ctrl-] leaves', async () => {
  const { child, shown, ended } = inTerminal('i-1');
  await shown(/Ctrl-\] leaves/);
  child.stdin.write('ls\r\u0003\u001b[A');
  await shown(/heard/);
  guest.write('\u001b[1mbold\u001b[0m');
  await shown(/bold/);
  child.stdin.write('bye\u001dnot typed');
  const { output, same } = await ended;
  assert.equal(typed, 'ls\r\u0003\u001b[Abye');
  assert.ok(output.includes('\u001b[1mbold'), output);
  assert.match(output, /Left the console; the guest goes on\.\r\nexit 0/);
  assert.ok(same, `the terminal is as it was: ${output}`);
});

test('when the guest goes the terminal is as it was', async () => {
  const gone = inTerminal('i-1');
  await gone.shown(/Ctrl-\] leaves/);
  guest.end('power down\r\n');
  const { output, same } = await gone.ended;
  assert.match(output, /power down[\s\S]*The console was closed\.\r\nexit 0/);
  assert.ok(same, output);
});

test('when a signal comes the terminal is as it was', async () => {
  const { shown, ended } = inTerminal('i-1');
  const [, pid] = await shown(/pid (\d+);[\s\S]*Ctrl-\] leaves/);
  process.kill(Number(pid), 'SIGTERM');
  const { output, same } = await ended;
  assert.match(output, /Left the console/);
  assert.ok(same, output);
});

test('what is refused is told, with its code', async () => {
  const { output, same } = await inTerminal('i-2').ended;
  assert.match(output, /No such\. \(InvalidInstanceID\.NotFound\)[\s\S]*exit 1/);
  assert.ok(same, output);
});

test('a pipe is no terminal', async () => {
  const child = spawn(launcher, ['console', '-i', 'i-1', '--home', home], { stdio: 'pipe' });
  child.stdin.end();
  const [code] = await once(child, 'close');
  assert.equal(code, 2);
});
