/**
 * The network card of a machine that does nothing but ask the metadata service, on half of the
 * connections that it may have.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { exampleMetadata } from '../../imds/example-metadata.ts';
import { encodeFrame, FrameReader } from '../../network/user-mode/frames.ts';
import {
  buildIpv4,
  buildTcp,
  parseIpv4,
  parseIpv4Address,
  parseMacAddress,
  parseTcp,
  protocolTcp,
} from '../../network/user-mode/packets.ts';
import { TcpPeer } from '../../network/user-mode/tcp-peer.ts';

const connections = 64;
const firstPort = 40_000;
/** A token is what costs the service most; several go out before the first is answered. */
const request =
  'PUT /latest/api/token HTTP/1.1\r\nhost: m\r\nx-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n';
const requests = Buffer.from(request.repeat(8));

const ips = {
  source: parseIpv4Address(exampleMetadata.privateIp),
  target: parseIpv4Address('169.254.169.254'),
};
const macs = {
  source: parseMacAddress(exampleMetadata.mac),
  target: parseMacAddress('02:00:a9:fe:a9:fe'),
};

/** Resolves with the first answer. */
export async function floodMetadata(nic: Socket): Promise<void> {
  nic.on('error', () => {});
  const peers = Array.from({ length: connections }, (_, number) => peerOf(nic, firstPort + number));
  const reader = new FrameReader((buffer, start, end) => {
    const packet = parseIpv4(buffer, start, end);
    const segment = packet && parseTcp(buffer, packet.payloadStart, packet.payloadEnd);
    if (segment) peers[segment.targetPort - firstPort]?.receive(segment);
  });
  nic.on('data', (chunk) => reader.push(chunk));
  await Promise.race(peers.map(ask));
}

function peerOf(nic: Socket, port: number): TcpPeer {
  return new TcpPeer({
    port,
    // Not that of a flood before, whose connections the service still knows.
    initialSequence: randomBytes(4).readUInt32BE(),
    send: (segment) =>
      nic.write(encodeFrame(buildIpv4(macs, ips, protocolTcp, buildTcp(ips, segment)))),
  });
}

async function ask(peer: TcpPeer): Promise<void> {
  await peer.connect();
  let unanswered = 0;
  const more = () => {
    unanswered = 8;
    peer.write(requests);
  };
  const answered = once(peer, 'data');
  peer.on('data', () => {
    unanswered -= peer.received.toString('latin1').split('HTTP/1.1 200').length - 1;
    // Nothing that was heard is needed again.
    peer.received = Buffer.alloc(0);
    peer.segmentsHeard = [];
    if (unanswered <= 0) more();
  });
  more();
  await answered;
}
