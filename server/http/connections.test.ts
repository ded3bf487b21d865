/** Many who say nothing, and one who has a key. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { signedHeaders, startTestListener, type TestListener } from './test-listener.ts';

const max = 40;
const unprovenMax = 8;
let imago: TestListener;
let sockets: Socket[] = [];

before(async () => {
  imago = await startTestListener({
    sts: { GetCallerIdentity: { accepts: [], run: async () => ({ Account: '1' }) } },
    limits: { connections: { max, unprovenMax } },
  });
});
afterEach(async () => {
  const open = sockets.filter((socket) => !socket.closed);
  const closed = open.map((socket) => once(socket, 'close'));
  for (const socket of open) socket.destroy();
  sockets = [];
  await Promise.all(closed);
});
after(() => imago[Symbol.asyncDispose]());

async function idle(first = ''): Promise<Socket> {
  const socket = connect(imago.port, '127.0.0.1');
  socket.on('error', () => {}); // it is dropped
  socket.resume();
  sockets.push(socket);
  await once(socket, 'connect');
  if (first) socket.write(first);
  return socket;
}

/** On a connection of the agent's. */
async function identity(agent: http.Agent): Promise<number | undefined> {
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const headers = await signedHeaders(imago.port, { service: 'sts', body });
  const request = http.request(imago.endpoint, { agent, method: 'POST', headers }).end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  await response.toArray();
  return response.statusCode;
}

test('a thousand connections that sign nothing shut nobody out', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  assert.equal(await identity(agent), 200);
  for (let count = 0; count < 1000; count++) {
    // Some say nothing, some begin, some are answered that they have no key.
    await idle(['', 'POST / HTTP/1.1\r\n', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'][count % 3]);
    if (count % 100 === 0) assert.equal(await identity(agent), 200, 'an older connection');
  }
  const created = http.Agent.prototype.createConnection;
  let connections = 0;
  agent.createConnection = (...args) => {
    connections++;
    return created.apply(agent, args);
  };
  assert.equal(await identity(agent), 200);
  assert.equal(connections, 0, 'the first connection is still good');
  for (let count = 0; count < 5; count++) {
    const newcomer = new http.Agent();
    assert.equal(await identity(newcomer), 200, 'a new connection');
    newcomer.destroy();
  }
  agent.destroy();
  const open = sockets.filter((socket) => !socket.closed).length;
  assert.ok(open <= unprovenMax, `${open} are open`);
});

test('the oldest of those without a signature goes first', async () => {
  const first = await idle();
  const gone = once(first, 'close');
  for (let count = 0; count < unprovenMax; count++) await idle();
  await gone;
  assert.equal(sockets.at(-1)?.closed, false);
});

test('when all have signed, the one that was idle for longest makes room', async () => {
  const agents: http.Agent[] = [];
  for (let count = 0; count <= max; count++) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    assert.equal(await identity(agent), 200);
  }
  const kept = agents.filter((agent) => Object.values(agent.freeSockets).flat().length > 0);
  assert.equal(kept.length, max);
  assert.ok(!kept.includes(agents[0] as http.Agent));
  for (const agent of agents) agent.destroy();
});
