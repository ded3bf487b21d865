/**
 * PORT: guest networks. What a guest's network card is plugged into. Implementation: user-mode/
 * (QEMU's user network behind a filtering link, default).
 *
 * Contract:
 * - `attach` plugs the cable in and returns at once; the machine need not be there yet, may come
 *   and go, and is found again each time until `close`.
 * - A guest reaches the guests of its VPC by their private addresses, as far as the rules of both
 *   let it, and no others; the name server of its subnet answers for their names. `join` says which
 *   VPC, and what the rules are, from the next frame on; before it there is no other guest, and
 *   nothing is held back that goes elsewhere.
 * - Nothing that a guest sends may reach the host (its loopback, its own addresses) or the
 *   link-local network, except as an answer to a connection that came in through a port forward, or
 *   where the operator opened it.
 * - Connections of the guest to its metadata service (169.254.169.254 port 80) are handed to
 *   `onMetadataConnection`.
 * It knows nothing of HTTP, instances' states or the ports of the host (those are port forwards of
 * the machine).
 */
import type { Duplex } from 'node:stream';

/**
 * The guest's end of its cable: `nic.sock` and `up.sock` in the machine's folder (QEMU listens on
 * both).
 */
export interface GuestLink {
  /** Lower case, with colons. */
  mac: string;
  privateIp: string;
  /** Of it only gateway and DNS server can be reached. */
  subnetCidr: string;
  gatewayIp: string;
  dnsIp: string;
  /**
   * It reaches its metadata service, gets its address, and nothing else; nobody reaches it, but by
   * `dial`.
   */
  isolated?: true;
}

/** What a guest is in, and what passes between it and others. */
export interface GuestVpc {
  id: string;
  cidr: string;
  /** `ip-172-31-0-5.DOMAIN` is a guest's name. */
  domain: string;
  /** Its security groups: rules of others name it by them. */
  groupIds: string[];
  ingress: TrafficRule[];
  egress: TrafficRule[];
}

/** Lets something pass; what none lets pass is dropped, but for answers to what one did. */
export interface TrafficRule {
  /** IP's number; absent: any. */
  protocol?: number;
  /** Ports of TCP and UDP; type and code of ICMP, where -1 is any. Absent: any. */
  from?: number;
  to?: number;
  peer: { cidr: string } | { groupId: string };
}

export interface Network {
  attach(folder: string, link: GuestLink, options: AttachOptions): LinkAttachment;
}

export interface AttachOptions {
  onMetadataConnection: (connection: MetadataConnection) => void;
}

/** A TCP connection from the guest, with what node:http wants of a socket. */
export interface MetadataConnection extends Duplex {
  /** IP time-to-live of what is written from now on, each time that it is sent. */
  setHopLimit(hops: number): void;
}

export interface LinkAttachment {
  /** Makes VPC and rules these; the cable stays plugged in. */
  join(vpc: GuestVpc | undefined): void;
  status(): LinkStatus;
  traffic(): LinkTraffic;
  /**
   * A TCP connection to the port 22 of a guest that is isolated, as from its gateway, through no
   * port of the host. Rejects where the guest refuses it, or does not answer within a moment.
   */
  dial(): Promise<Duplex>;
  /** Resolves when no frame is carried any more; may be called again. */
  close(): Promise<void>;
}

export interface LinkStatus {
  /** The machine's end and the network's end of the cable are plugged in. */
  nic: boolean;
  up: boolean;
  /** Frames of the guest that the filter refused, by reason. */
  dropped: Record<string, number>;
}

/** What has gone through the guest's card since it was plugged in: frames, headers included. */
export interface LinkTraffic {
  receivedBytes: number;
  receivedPackets: number;
  sentBytes: number;
  sentPackets: number;
}
