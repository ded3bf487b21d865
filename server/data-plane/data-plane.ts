/**
 * PORT: the data plane as the control plane sees it: the process that serves guests their disks
 * (nbd/), carries their frames (network/) and answers as their metadata service (imds/).
 * Its desired state is one file per instance, `guest.json` in the machine's folder, so that it can
 * be killed and started without the control plane and go on serving; a call here writes that file
 * and waits until the process has taken it up. Implementations: process/ (default), idle/ (for the
 * simulated hypervisor: keeps files, serves nobody). It knows nothing of the catalog, tasks or
 * EC2's wire.
 */
import type { Duplex } from 'node:stream';
import type { MetadataOptions } from '../catalog/rows/instance.ts';
import type { GuestLink, GuestVpc, LinkTraffic } from '../network/network.ts';

export interface GuestAttachment {
  instanceId: string;
  /** Of the machine's folders (foundations/home.ts); absent in files of older Imagos: 1. */
  layout?: number;
  /**
   * What `nbd.sock` in the machine's folder serves; the name of an export is the root digest of its
   * block map.
   */
  exports: GuestExport[];
  link: GuestLink;
  /** Absent in files of older Imagos. */
  vpc?: GuestVpc;
  metadata: InstanceMetadata;
}

export interface GuestExport {
  root: string;
  sizeBytes: number;
  /** Id of the key that its blocks are sealed under, which is handed over, never written down. */
  sealKeyId?: string;
}

/** All that the metadata service tells; imds/tree.ts lays it out as EC2 does. */
export interface InstanceMetadata {
  instanceId: string;
  accountId: string;
  region: string;
  availabilityZone: string;
  /** Absent in files of older Imagos. */
  availabilityZoneId?: string;
  imageId: string;
  instanceType: string;
  launchIndex: number;
  reservationId: string;
  architecture: string;
  launchedAt: string;
  mac: string;
  privateIp: string;
  publicIp?: string;
  subnetId: string;
  subnetCidr: string;
  vpcId: string;
  vpcCidr: string;
  networkInterfaceId: string;
  securityGroups: { id: string; name: string }[];
  key?: { name: string; publicKey: string };
  /** Base64. */
  userData?: string;
  rootDeviceName: string;
  /** Device names of the further volumes, in order. */
  ebsDeviceNames: string[];
  options: MetadataOptions;
  /** Of the marketplace. */
  productCodes?: string[];
  /** Of the instance, where it may be told. */
  tags?: Record<string, string>;
}

export interface DataPlane {
  /**
   * Starts the process, or adopts the one that runs; resolves when it serves all guests on record.
   */
  start(): Promise<void>;
  /** Makes the attachment exactly this; resolves when its exports can be connected to. */
  attach(folder: string, attachment: GuestAttachment): Promise<void>;
  /**
   * Hands over what seal keys are made of, for the memory of the process alone, and again whenever
   * it is started. Reads of sealed blocks wait until their key is there.
   */
  giveKeys(secrets: readonly Buffer[]): Promise<void>;
  detach(folder: string, instanceId: string): Promise<void>;
  /**
   * The guest's serial console, both ways; undefined where its machine has none that takes input.
   */
  console(instanceId: string): Promise<Duplex | undefined>;
  /** Of a guest that is isolated: whether its SSH server answers, as far as this process says. */
  answersSsh(instanceId: string): Promise<boolean>;
  /** What went through the cards of all guests, in one call. */
  traffic(): Promise<Map<string, LinkTraffic>>;
  /** `keepServing` leaves the process to the guests; otherwise it ends. */
  close(options: { keepServing: boolean }): Promise<void>;
}
