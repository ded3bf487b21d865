/**
 * The port forwarder, a process of its own with one power, to open ports below 1024, and one duty:
 * to pipe what comes in to the guests. So few lines change seldom, and sessions go on while
 * everything else is upgraded. Composition root; reads its arguments and no environment.
 *
 *   main.ts --run DIR --version TEXT
 *
 *   GET /status          {connections}
 *   PUT /guests/ID       {ports}: makes the ports of the guest these; answers {ports}
 *   PUT /drain           gives up its ports and its socket to a successor; ends with its last
 *                        connection
 */
import { rm, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Log } from '../foundations/log.ts';
import { serveControlSocket } from '../processes/control-socket.ts';
import { runProcess } from '../processes/run-process.ts';
import { GuestPorts } from './guest-ports.ts';
import { portForwarderFiles, readPorts } from './places.ts';
import type { ForwardedPort } from './port-forwarder.ts';

/** A home that was removed leaves a process that drains without a purpose this long at most. */
const homeCheckMs = 2_000;

async function main(log: Log): Promise<void> {
  const { values } = parseArgs({
    options: { run: { type: 'string' }, version: { type: 'string' } },
  });
  const { run: runFolder, version } = values;
  if (!runFolder || !version) throw new Error('--run and --version are needed');
  const { socketPath, stateFile } = portForwarderFiles(runFolder);
  process.umask(0o077);
  const ports = new GuestPorts();
  const loaded = Promise.withResolvers<void>();

  const answer = async (method: string, resource: string, body: unknown) => {
    await loaded.promise;
    const instanceId = /^\/guests\/(i-[0-9a-f]{8,17})$/.exec(resource)?.[1];
    if (method === 'PUT' && instanceId) {
      const wanted = (body as { ports: ForwardedPort[] }).ports;
      return { ports: await ports.forward(instanceId, wanted) };
    }
    if (method === 'PUT' && resource === '/drain') {
      await drain();
      return {};
    }
    if (method === 'GET' && resource === '/status') return { connections: ports.connections };
    return undefined;
  };
  const drain = async () => {
    log.info('port forwarder drains', { pid: process.pid, connections: ports.connections });
    server.close();
    await rm(socketPath, { force: true });
    ports.onIdle = () => process.exit(0);
    // The answer leaves first.
    setImmediate(() => ports.closeAll());
    setInterval(() => stat(runFolder).catch(() => process.exit(0)), homeCheckMs);
  };

  const server = await serveControlSocket({
    socketPath,
    version,
    answer,
    onLost: () => {
      log.error('the control socket is gone');
      process.exit(1);
    },
  });
  for (const [instanceId, wanted] of Object.entries(await readPorts(stateFile))) {
    await ports.forward(instanceId, wanted);
  }
  loaded.resolve();
  log.info('port forwarder serves', { pid: process.pid, version });
}

await runProcess('port forwarder', main);
