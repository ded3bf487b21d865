import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { QmpClient, QmpDisconnectedError, QmpError, type QmpEvent } from './qmp.ts';

const greeting =
  '{"QMP":{"version":{"qemu":{"micro":22,"minor":2,"major":7}},"capabilities":[]}}\r\n';

/** A client whose QEMU is the test: `answer` gets each command and returns what is sent back. */
async function withQemu(
  answer: (command: { execute: string; id: number }) => string,
  work: (client: QmpClient, send: (bytes: string | Buffer) => void) => Promise<void>,
): Promise<void> {
  const [ours, theirs] = duplexPair();
  theirs.on('error', () => {});
  theirs.on('data', (bytes: Buffer) => {
    for (const line of bytes.toString().trim().split('\n')) {
      const command = JSON.parse(line);
      const ok = `{"return":{},"id":${command.id}}\n`;
      theirs.write(command.execute === 'qmp_capabilities' ? ok : answer(command));
    }
  });
  theirs.write(greeting);
  const client = await QmpClient.open(ours);
  try {
    await work(client, (bytes) => theirs.write(bytes));
  } finally {
    client.close();
  }
}

describe('QMP', () => {
  test('greets, and matches answers that come out of order, in pieces, between events', async () => {
    const held: string[] = [];
    const hold = ({ execute, id }: { execute: string; id: number }) => {
      held.push(`{"return":"${execute} ü","id":${id}}\r\n`);
      return '';
    };
    await withQemu(hold, async (client, send) => {
      assert.equal(client.version, '7.2.22');
      const events: QmpEvent[] = [];
      client.onEvent((event) => events.push(event));
      const answers = Promise.all(['one', 'two', 'three'].map((name) => client.execute(name)));
      while (held.length < 3) await new Promise(setImmediate);
      const stop = '{"event":"STOP","timestamp":{"seconds":1,"microseconds":2}}\r\n';
      for (const byte of Buffer.from(held.reverse().join(stop))) send(Buffer.of(byte));
      assert.deepEqual(await answers, ['one ü', 'two ü', 'three ü']);
      assert.deepEqual(events, [
        { event: 'STOP', data: {} },
        { event: 'STOP', data: {} },
      ]);
    });
  });

  test('an error of QEMU rejects its command only', async () => {
    const refuse = ({ execute, id }: { execute: string; id: number }) =>
      execute === 'bad'
        ? `{"error":{"class":"GenericError","desc":"no such thing"},"id":${id}}\n`
        : `{"return":1,"id":${id}}\n`;
    await withQemu(refuse, async (client) => {
      await assert.rejects(client.execute('bad'), (error) => {
        assert.ok(error instanceof QmpError);
        return /QEMU refused bad: no such thing/.test(error.message);
      });
      assert.equal(await client.execute('good'), 1);
    });
  });

  test('a command that is not answered in time rejects, and its late answer harms nobody', async () => {
    await withQemu(
      () => '',
      async (client, send) => {
        await assert.rejects(client.execute('slow', {}, 5), QmpDisconnectedError);
        send('{"return":"late","id":2}\n{"return":"unasked","id":99}\n');
        const next = client.execute('next');
        send('{"return":"in time","id":3}\n');
        assert.equal(await next, 'in time');
      },
    );
  });

  for (const [what, bytes] of [
    ['no JSON', 'Segmentation fault\n'],
    ['JSON that is no object', '17\n'],
    ['a broken error', '{"error":5,"id":2}\n'],
    ['a line without end', Buffer.alloc(17 * 1024 * 1024, 'x')],
  ] as const) {
    test(`${what} ends the connection and everything that waits`, async () => {
      await withQemu(
        () => '',
        async (client, send) => {
          const closed = new Promise<void>((resolve) => client.onClose(resolve));
          const waiting = client.execute('query-status');
          send(bytes);
          await assert.rejects(waiting, QmpDisconnectedError);
          await closed;
          await assert.rejects(client.execute('query-status'), QmpDisconnectedError);
        },
      );
    });
  }

  test('a side that does not greet is given up on', async () => {
    const [ours] = duplexPair();
    await assert.rejects(QmpClient.open(ours, 5), QmpDisconnectedError);
  });
});
