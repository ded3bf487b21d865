/**
 * Commands in a guest, whose agent is the test: what it is told to run it runs here, in a folder of
 * the test.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type CommandState, NoAgentError } from '../hypervisor.ts';
import { type AgentPlace, beginCommand, commandState, endCommand } from './guest-commands.ts';

interface Request {
  execute: string;
  arguments: {
    id?: number;
    pid?: number;
    path: string;
    arg: string[];
    'input-data'?: string;
  };
}

interface Ended {
  exited: boolean;
  exitcode?: number;
  'out-data'?: string;
  'err-data'?: string;
}

/** The agent's protocol, as its reference documents it. */
class TestAgent {
  readonly #ended = new Map<number, Ended>();
  #pid = 0;

  answer({ execute, arguments: args }: Request): unknown {
    if (execute === 'guest-sync-delimited') return args.id;
    if (execute === 'guest-exec-status') return this.#ended.get(args.pid ?? 0);
    const pid = ++this.#pid;
    this.#ended.set(pid, { exited: false });
    const child = execFile(args.path, args.arg, { encoding: 'buffer' }, (error, out, err) =>
      this.#ended.set(pid, {
        exited: true,
        exitcode: error ? Number(error.code) : 0,
        'out-data': out.toString('base64'),
        'err-data': err.toString('base64'),
      }),
    );
    // One that does not read what it is given ends before it has all.
    child.stdin?.on('error', () => {});
    child.stdin?.end(Buffer.from(args['input-data'] ?? '', 'base64'));
    return { pid };
  }
}

describe('commands in a guest', () => {
  let home: string;
  let place: AgentPlace;
  let close: () => void;

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'im-cmd-'));
    place = { socketPath: path.join(home, 'qga.sock'), folder: path.join(home, 'commands') };
    const agent = new TestAgent();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      let text = '';
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        text += bytes.subarray(bytes.indexOf(0xff) + 1).toString();
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
          const request = JSON.parse(text.slice(0, end)) as Request;
          text = text.slice(end + 1);
          socket.write(`${JSON.stringify({ return: agent.answer(request) })}\n`);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(place.socketPath, resolve));
    close = () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    };
  });
  after(async () => {
    close();
    await rm(home, { recursive: true });
  });

  async function ended(id: string) {
    let [stdout, stderr] = ['', ''];
    for (;;) {
      const from = { stdout: stdout.length, stderr: stderr.length };
      const look: CommandState = await commandState(place, id, from);
      if (look.state === 'unknown') return look;
      stdout += look.stdout.toString('latin1');
      stderr += look.stderr.toString('latin1');
      const more = look.stdout.length + look.stderr.length > 0;
      if (look.state === 'ended' && !more) return { exitCode: look.exitCode, stdout, stderr };
      await delay(5);
    }
  }

  test('what it writes and its exit code are told, as often as one asks', async () => {
    const script = 'cat "$IMAGO_INPUT"; echo "it\'s $1 in $PWD"; echo bad >&2; exit 7';
    const folder = path.join(home, 'inside');
    const argv = ['sh', '-c', script, 'sh', "$HOME 'quoted'"];
    await beginCommand(place, { id: 'c-1', argv, folder, input: Buffer.from('given\n') });
    const expected = {
      exitCode: 7,
      stdout: `given\nit's $HOME 'quoted' in ${folder}\n`,
      stderr: 'bad\n',
    };
    assert.deepEqual(await ended('c-1'), expected);
    assert.deepEqual(await ended('c-1'), expected);
    assert.deepEqual(await ended('c-2'), { state: 'unknown' });
  });

  test('one of a name begins once', async () => {
    const file = path.join(home, 'count');
    const command = { id: 'once', argv: ['sh', '-c', `echo x >> ${file}`] };
    await Promise.all([beginCommand(place, command), beginCommand(place, command)]);
    await ended('once');
    await beginCommand(place, command);
    await ended('once');
    assert.equal(await readFile(file, 'utf8'), 'x\n');
  });

  test('more than an answer holds comes in pieces', async () => {
    await beginCommand(place, { id: 'much', argv: ['sh', '-c', 'seq 1 60000; seq 1 9 >&2'] });
    const result = await ended('much');
    assert.ok('stdout' in result);
    const lines = Array.from({ length: 60_000 }, (_, index) => `${index + 1}\n`).join('');
    assert.ok(result.stdout === lines, 'all of it, in order');
    assert.equal(result.stderr, '1\n2\n3\n4\n5\n6\n7\n8\n9\n');
  });

  test('one that is ended is so with all that it has begun', async () => {
    const pidFile = path.join(home, 'sleeper');
    const script = `sleep 600 & echo $! > ${pidFile}; wait`;
    await beginCommand(place, { id: 'long', argv: ['sh', '-c', script] });
    let pid = 0;
    while (!pid) pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
    const look = await commandState(place, 'long', { stdout: 0, stderr: 0 });
    assert.equal(look.state, 'running');
    await endCommand(place, 'long');
    const result = await ended('long');
    assert.ok('exitCode' in result && result.exitCode === 137);
    const isGone = async () => {
      const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '0 (gone) Z');
      return / [ZX] |Z$/.test(status);
    };
    while (!(await isGone())) await delay(5);
    await endCommand(place, 'long');
    await endCommand(place, 'none');
  });

  test('a guest without an agent says so', async () => {
    const nowhere = { ...place, socketPath: path.join(home, 'no.sock') };
    await assert.rejects(commandState(nowhere, 'c', { stdout: 0, stderr: 0 }), NoAgentError);
  });
});
