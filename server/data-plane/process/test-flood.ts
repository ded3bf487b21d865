/**
 * A machine that was taken over, for tests: listens as QEMU does, and does one thing as fast as it
 * can. A process of its own, so that what it costs is felt by the data plane only.
 *
 *   test-flood.ts KIND FOLDER EXPORT
 */
import { chownSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { exampleMetadata } from '../../imds/example-metadata.ts';
import { NBD_CMD_BLOCK_STATUS, NBD_CMD_READ } from '../../nbd/protocol.ts';
import { encodeRequest, RawClient } from '../../nbd/raw-client.ts';
import { encodeFrame } from '../../network/user-mode/frames.ts';
import {
  buildIpv4,
  buildUdp,
  parseIpv4Address,
  parseMacAddress,
  protocolUdp,
} from '../../network/user-mode/packets.ts';
import { peerAddress } from './test-home.ts';
import { floodMetadata } from './test-metadata-flood.ts';

// The data plane may be another user.
process.umask(0);

const peerIp = parseIpv4Address(peerAddress);
const [kind = '', folder = '', exportName = ''] = process.argv.slice(2);

/** The smallest frames, which the filter looks at one by one. */
const frames = Buffer.concat(Array<Buffer>(20_000).fill(encodeFrame(Buffer.alloc(14))));
/** Of this guest to another, one by one past all rules of both. */
const peerFrames = () => {
  const ips = { source: parseIpv4Address(exampleMetadata.privateIp), target: peerIp };
  const payload = buildUdp(ips, { source: 1, target: 2 }, Buffer.alloc(0));
  const macs = { source: parseMacAddress(exampleMetadata.mac), target: 0 };
  const frame = encodeFrame(buildIpv4(macs, ips, protocolUdp, payload));
  return Buffer.concat(Array<Buffer>(20_000).fill(frame));
};
const requests = (length: number) =>
  Buffer.concat(
    Array.from({ length: 20_000 }, (_, handle) =>
      encodeRequest({ command: NBD_CMD_READ, offset: 0, length, handle: BigInt(handle) }),
    ),
  );

function pour(socket: Socket, bytes: Buffer): void {
  socket.on('error', () => {});
  socket.resume();
  const more = () => {
    if (!socket.destroyed) socket.write(bytes, more);
  };
  more();
}

/** Its folder's owner's, as a machine's sockets are: the data plane connects to no other. */
function offer(name: string, onConnection: (socket: Socket) => void): void {
  const file = path.join(folder, name);
  rmSync(file, { force: true });
  createServer(onConnection).listen(file);
  const { uid, gid } = statSync(folder);
  chownSync(file, uid, gid);
}

async function nbd(bytes: Buffer): Promise<void> {
  for (let number = 0; number < 2; number += 1) {
    const client = await RawClient.transmission(path.join(folder, 'nbd.sock'), exportName);
    client.socket.removeAllListeners('data');
    pour(client.socket, bytes);
  }
}

const floods: Record<string, () => void | Promise<void>> = {
  frames: () => {
    for (const name of ['nic.sock', 'up.sock']) offer(name, (socket) => pour(socket, frames));
  },
  'frames for another guest': () => {
    const bytes = peerFrames();
    offer('up.sock', (socket) => socket.resume());
    offer('nic.sock', (socket) => pour(socket, bytes));
  },
  metadata: () => {
    offer('up.sock', (socket) => socket.resume());
    return new Promise((resolve) => {
      offer('nic.sock', (socket) => void floodMetadata(socket).then(resolve));
    });
  },
  'small reads': () => nbd(requests(512)),
  'large reads': () => nbd(requests(1024 * 1024)),
  connections: () => {
    const again = () => {
      const socket = connect(path.join(folder, 'nbd.sock'));
      socket.on('error', () => {});
      socket.resume();
      socket.once('close', () => setImmediate(again));
      socket.once('connect', () => socket.write(Buffer.alloc(64)));
    };
    for (let number = 0; number < 64; number += 1) again();
  },
  'block status': () =>
    nbd(
      Buffer.concat(
        Array.from({ length: 20_000 }, (_, handle) =>
          encodeRequest({
            command: NBD_CMD_BLOCK_STATUS,
            offset: 0,
            length: 512 * 1024,
            handle: BigInt(handle),
          }),
        ),
      ),
    ),
};

await floods[kind]?.();
process.send?.('floods');
