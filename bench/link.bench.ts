/**
 * The link with its filter against a plain pipe between two unix sockets, in the same run, with the
 * same frames and the same ends in the same process. Prints frames and bytes per second, and the
 * ratio: 1.0 would be a filter that costs nothing.
 *   node bench/link.bench.ts
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../server/foundations/log.ts';
import { encodeFrame } from '../server/network/user-mode/frames.ts';
import { createUserModeNetwork } from '../server/network/user-mode/link.ts';
import {
  buildIpv4,
  buildUdp,
  parseIpv4Address,
  parseMacAddress,
  protocolUdp,
} from '../server/network/user-mode/packets.ts';

const guestLink = {
  mac: '02:12:34:56:78:9a',
  privateIp: '172.31.0.15',
  subnetCidr: '172.31.0.0/20',
  gatewayIp: '172.31.0.1',
  dnsIp: '172.31.0.2',
};
const rounds = 3;
/** Full frames as a download has them, small ones as its acknowledgments are. */
const payloads = [
  { name: '1514-byte frames', bytes: 1472, frames: 400_000 },
  { name: '66-byte frames', bytes: 24, frames: 1_000_000 },
];

type Carrier = 'link' | 'pipe';

/** In the child: what is measured, in a process of its own as the data plane is. */
function carry(carrier: Carrier, folder: string): void {
  if (carrier === 'link') {
    createUserModeNetwork({ log: silentLog }).attach(folder, guestLink, {
      onMetadataConnection: (connection) => connection.destroy(),
    });
    return;
  }
  const ends = ['nic.sock', 'up.sock'].map((name) => connect(path.join(folder, name)));
  const [nic, up] = ends as [Socket, Socket];
  nic.pipe(up);
  up.pipe(nic);
}

function batchOf(payloadBytes: number): { batch: Buffer; frames: number } {
  const ips = {
    source: parseIpv4Address(guestLink.privateIp),
    target: parseIpv4Address('93.184.216.34'),
  };
  const macs = { source: parseMacAddress(guestLink.mac), target: 0x5255ac1f0001 };
  const udp = buildUdp(ips, { source: 5000, target: 6000 }, Buffer.alloc(payloadBytes, 7));
  const frame = encodeFrame(buildIpv4(macs, ips, protocolUdp, udp));
  // What a read of a socket takes.
  const frames = Math.floor(65_536 / frame.length);
  return { batch: Buffer.concat(Array.from({ length: frames }, () => frame)), frames };
}

/** Milliseconds until all frames that were written at one end came out at the other. */
async function measure(carrier: Carrier, payloadBytes: number, frames: number): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ibl-'));
  const servers = ['nic.sock', 'up.sock'].map((name) =>
    createServer().listen(path.join(folder, name)),
  );
  const plugged = Promise.all(servers.map((server) => once(server, 'connection')));
  const child = fork(fileURLToPath(import.meta.url), [carrier, folder]);
  try {
    const [[nic], [up]] = (await plugged) as [[Socket], [Socket]];
    const { batch, frames: framesPerBatch } = batchOf(payloadBytes);
    const batches = Math.ceil(frames / framesPerBatch);
    let missingBytes = batches * batch.length;
    const arrived = new Promise<void>((resolve) => {
      up.on('data', (chunk: Buffer) => {
        missingBytes -= chunk.length;
        if (missingBytes === 0) resolve();
      });
    });
    const start = performance.now();
    for (let index = 0; index < batches; index += 1) {
      if (!nic.write(batch)) await once(nic, 'drain');
    }
    await arrived;
    return performance.now() - start;
  } finally {
    child.kill();
    for (const server of servers) server.close();
    await rm(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  for (const { name, bytes, frames } of payloads) {
    const bestMs: Record<Carrier, number> = { link: Infinity, pipe: Infinity };
    for (let round = 0; round < rounds; round += 1) {
      for (const carrier of ['pipe', 'link'] as const) {
        bestMs[carrier] = Math.min(bestMs[carrier], await measure(carrier, bytes, frames));
      }
    }
    for (const carrier of ['pipe', 'link'] as const) {
      const seconds = bestMs[carrier] / 1000;
      const thousands = Math.round(frames / seconds / 1000);
      const megabytes = Math.round((frames * (bytes + 42)) / seconds / 1e6);
      console.log(`${name}, ${carrier}: ${thousands}k frames/s, ${megabytes} MB/s`);
    }
    console.log(`${name}: link/pipe ${(bestMs.pipe / bestMs.link).toFixed(2)}`);
  }
  process.exit(0);
}

const [carrier, folder] = process.argv.slice(2);
if (folder && (carrier === 'link' || carrier === 'pipe')) carry(carrier, folder);
else await main();
