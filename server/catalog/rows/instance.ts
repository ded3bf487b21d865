/** Instances and the machines behind them. */
import type { OwnedRow, StateReason, Tags } from './row.ts';

export type InstanceState =
  | 'pending'
  | 'running'
  | 'shutting-down'
  | 'terminated'
  | 'stopping'
  | 'stopped';

export interface MetadataOptions {
  httpTokens: 'optional' | 'required';
  httpPutResponseHopLimit: number;
  httpEndpoint: 'enabled' | 'disabled';
  /** Whether the guest is told the instance's tags; absent: no. */
  instanceMetadataTags?: 'enabled' | 'disabled';
}

export interface InstanceRow extends OwnedRow {
  state: InstanceState;
  /** Since when it is in this state. */
  stateSince: string;
  stateReason?: StateReason;
  /** EC2's `reason` text beside a state, such as `User initiated (2026-11-23 10:00:00 GMT)`. */
  stateTransitionReason?: string;
  reservationId: string;
  launchIndex: number;
  imageId: string;
  instanceType: string;
  keyName?: string;
  securityGroupIds: string[];
  vpcId: string;
  subnetId: string;
  /** Of its subnet; absent in old rows: the first of the region. */
  availabilityZone?: string;
  networkInterfaceId: string;
  privateIp: string;
  /** Loopback address of its own, 127.x.y.z; absent: it is reached from its VPC only. */
  publicIp?: string;
  mac: string;
  /** Base64 as it was sent; at most 16 KiB decoded. */
  userData?: string;
  metadataOptions: MetadataOptions;
  shutdownBehavior: 'stop' | 'terminate';
  clientToken?: string;
  /**
   * While `stopping` or `shutting-down`: the guest is not asked first. When `stopped`: it did not
   * shut itself down.
   */
  forceStop?: true;
  /**
   * The task that has shut the guest down for a moment and will start it again: no reason to stop
   * the instance.
   */
  haltedBy?: string;
  rootDeviceName: string;
  architecture: 'x86_64';
  /** Its image's. */
  platform?: 'windows';
  bootMode?: 'legacy-bios' | 'uefi' | 'uefi-preferred';
  /** Its image's: the UEFI variables that its machine began with. */
  uefiData?: string;
  /** Its image's: its machine has a TPM. */
  tpmSupport?: 'v2.0';
  /**
   * Public key in OpenSSH form, copied at launch as EC2 does: deleting the key pair later changes
   * nothing.
   */
  publicKey?: string;
  /** Root volumes that were replaced: snapshots of them may become its root again. */
  formerRootVolumeIds?: string[];
  launchedAt: string;
  terminatedAt?: string;
  /**
   * What the machine was started as: pinned at the first start so that later starts look the same
   * to the guest.
   */
  machine?: MachineRecord;
  /** Where its machine is; absent in old rows until start-up fills it in. */
  host?: string;
  /**
   * The user and group that its machine runs as, chosen at launch; absent: the one that all old
   * machines share.
   */
  ownerUid?: number;
  /** Where its open ports really are on the host, as of its last start or change. */
  ports?: HostPort[];
  /** Processors as the guest sees them; absent: as the type has them. */
  cpuOptions?: { coreCount: number; threadsPerCore: number };
  /** Of burstable types; absent: what the type has from the start. */
  cpuCredits?: CpuCredits;
  /**
   * What the guest's system has drivers for, as its image said or the owner since; absent in old
   * rows: as the image says.
   */
  enaSupport?: boolean;
  sriovNetSupport?: 'simple';
  /** Of the marketplace's products that its image and its volumes are of. */
  productCodes?: string[];
  /** Detailed monitoring; absent: basic. */
  monitoring?: true;
  /** TerminateInstances is refused. */
  disableApiTermination?: true;
  /** StopInstances is refused, and TerminateInstances too. */
  disableApiStop?: true;
  /** What EC2 would do beside, and Imago never does: shown as it was asked for. */
  autoRecovery?: 'disabled';
  capacityReservationPreference?: 'none';
  /** The drill whose machine it is: no cable leads from it to anybody, and it goes with the drill. */
  drillId?: string;
  /** Of its network interface. */
  networkInterfaceDescription?: string;
  networkInterfaceTags?: Tags;
  tags: Tags;
}

export type CpuCredits = 'standard' | 'unlimited';

/** A port of the host that reaches a port of the guest. */
export interface HostPort {
  protocol: 'tcp' | 'udp';
  hostIp: string;
  hostPort: number;
  guestPort: number;
}

export interface MachineRecord {
  hypervisor: string;
  machineType: string;
  cpuModel: string;
  accelerator: string;
  uuid: string;
  /** Generation of its hardware; absent in records of older Imagos: 1. All below came with 2. */
  layout?: 1 | 2 | 3;
  /** Of the hypervisor, at the first start. */
  version?: string;
  sharedMemory?: boolean;
  /** Of its state: another one tells the guest that it is a copy, or was taken back in time. */
  generationId?: string;
}

/**
 * Its type, as long as a machine of it is there or about to be: what a host's memory is counted by.
 */
export function livingTypes({ state, instanceType }: InstanceRow): string[] {
  return state === 'stopped' || state === 'terminated' ? [] : [instanceType];
}

/** Of its network interface, which is no more where it is terminated. */
export function interfaceTags({ state, networkInterfaceTags = {} }: InstanceRow): Tags {
  return state === 'terminated' ? {} : networkInterfaceTags;
}
