import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { GuestAgent, GuestAgentError } from './guest-agent.ts';

/** A socket where the test speaks the agent's protocol, as its reference documents it. */
async function withAgent(
  answer: (request: { execute: string; arguments?: { id: number } }, socket: Socket) => void,
  work: (socketPath: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'im-qga-'));
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const start = bytes.indexOf(0xff) + 1;
      for (const line of bytes.subarray(start).toString().trim().split('\n')) {
        answer(JSON.parse(line), socket);
      }
    });
  });
  const socketPath = path.join(folder, 'qga.sock');
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  try {
    await work(socketPath);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true });
  }
}

const synced = (id: number | undefined) =>
  Buffer.concat([Buffer.of(0xff), Buffer.from(`{"return": ${id}}\n`)]);

describe('guest agent', () => {
  test('waits for the sync that it runs in the guest', async () => {
    let asked = 0;
    await withAgent(
      (request, socket) => {
        if (request.execute === 'guest-sync-delimited') {
          socket.write(synced(request.arguments?.id));
        } else if (request.execute === 'guest-exec') {
          socket.write('{"return": {"pid": 7}}\n');
        } else {
          socket.write(`{"return": {"exited": ${++asked === 3}}}\n`);
        }
      },
      async (socketPath) => {
        const agent = await GuestAgent.open(socketPath);
        await agent.sync();
        agent.close();
        assert.equal(asked, 3);
      },
    );
  });

  test('syncs past what a former client left, then freezes and thaws', async () => {
    let frozen = false;
    const answers: Record<string, () => unknown> = {
      'guest-fsfreeze-freeze': () => {
        frozen = true;
        return 2;
      },
      'guest-fsfreeze-thaw': () => {
        frozen = false;
        return 2;
      },
    };
    await withAgent(
      (request, socket) => {
        if (request.execute === 'guest-sync-delimited') {
          const stale = Buffer.from('{"return": {}}\n{"error": {"desc": "left"}}\n{"retu');
          socket.write(Buffer.concat([stale, synced(request.arguments?.id)]));
        } else {
          socket.write(`${JSON.stringify({ return: answers[request.execute]?.() })}\n`);
        }
      },
      async (socketPath) => {
        const agent = await GuestAgent.open(socketPath);
        assert.equal(await agent.freeze(20_000), 2);
        assert.equal(await agent.thaw(20_000), 2);
        assert.equal(frozen, false);
        agent.close();
      },
    );
  });

  test('an error of the agent rejects', async () => {
    await withAgent(
      (request, socket) => {
        const error = '{"error": {"class": "GenericError", "desc": "disabled"}}\n';
        const isSync = request.execute === 'guest-sync-delimited';
        socket.write(isSync ? synced(request.arguments?.id) : error);
      },
      async (socketPath) => {
        const agent = await GuestAgent.open(socketPath);
        await assert.rejects(agent.freeze(20_000), /guest-fsfreeze-freeze: .*disabled/);
        agent.close();
      },
    );
  });

  for (const [what, flood] of [
    ['says nothing', ''],
    ['answers another sync', '{"return": 1}\n'],
    ['floods', '{}\n'.repeat(1000)],
    ['sends a line without end', 'x'.repeat(100_000)],
  ] as const) {
    test(`an agent that ${what} is given up on`, async () => {
      await withAgent(
        (_, socket) => void socket.write(flood),
        async (socketPath) => {
          await assert.rejects(GuestAgent.open(socketPath, 50), GuestAgentError);
        },
      );
    });
  }

  test('no socket, no agent', async () => {
    await assert.rejects(GuestAgent.open('/nonexistent/qga.sock'), GuestAgentError);
  });
});
