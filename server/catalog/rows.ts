/**
 * The rows of the catalog: what Imago remembers about each noun, in EC2's vocabulary.
 * Plain data (JSON): no methods, no wire names of one protocol, no SQL. Rules about them live in domain/.
 * Times are ISO 8601 strings in UTC with milliseconds. Sizes say their unit in their name.
 */

/** Every row belongs to an account and a region; `id` is unique across the whole catalog. */
export interface OwnedRow {
  id: string;
  account: string;
  region: string;
  createdAt: string;
}

export type Tags = Record<string, string>;

/** EC2's StateReason: `Code` such as `Client.UserInitiatedShutdown`, and a sentence. */
export interface StateReason {
  code: string;
  message: string;
}

export interface AccountRow {
  /** Twelve digits. */
  id: string;
  name: string;
  /** ImageOwnerAlias that images of this account carry, such as `amazon`. */
  alias?: string;
  createdAt: string;
}

export interface CredentialRow {
  /** Access key id. */
  id: string;
  account: string;
  /** Plain: SigV4 needs it. The catalog file is 0600. */
  secretAccessKey: string;
  createdAt: string;
}

export interface ImageRow extends OwnedRow {
  name: string;
  description?: string;
  state: 'pending' | 'available' | 'failed';
  stateReason?: StateReason;
  public: boolean;
  architecture: 'x86_64';
  rootDeviceName: string;
  blockDeviceMappings: BlockDeviceMapping[];
  bootMode?: 'legacy-bios' | 'uefi' | 'uefi-preferred';
  ownerAlias?: string;
  sourceInstanceId?: string;
  /** The image that the source instance was launched from. */
  sourceImageId?: string;
  imdsSupport?: 'v2.0';
  tags: Tags;
}

/** A mapping of an image, or of a launch request after it was merged with its image's. */
export interface BlockDeviceMapping {
  deviceName: string;
  ebs: {
    snapshotId?: string;
    volumeSizeGiB: number;
    deleteOnTermination: boolean;
    volumeType: string;
  };
}

export interface SnapshotRow extends OwnedRow {
  state: 'pending' | 'completed' | 'error';
  stateMessage?: string;
  description: string;
  volumeId: string;
  volumeSizeGiB: number;
  /** 0 to 100. */
  progressPercent: number;
  startedAt: string;
  completedAt?: string;
  /** Root digest of the block map; present exactly when `state` is `completed`. */
  root?: string;
  /** Bytes of non-zero blocks that the map names. */
  fullSizeBytes?: number;
  /** While `pending`, from the pivot on: the snapshot is the volume's base and its layers below this number. */
  cutLayer?: number;
  ownerAlias?: string;
  tags: Tags;
}

/**
 * A volume's bytes = its layers (qcow2 files, lowest first, the last one is written by the guest) over its base
 * (the block map of a snapshot, or nothing = zeros). One layer, except while a capture is being uploaded.
 */
export interface VolumeRow extends OwnedRow {
  state: 'creating' | 'available' | 'in-use' | 'deleting' | 'error';
  sizeGiB: number;
  volumeType: string;
  snapshotId?: string;
  availabilityZone: string;
  base?: VolumeBase;
  /** Being put in place of the base and the layers below a cut: the machine may read either now. */
  nextBase?: VolumeBase;
  layers: VolumeLayer[];
  /** Number for the next layer file; only grows, so that a file name is never used twice. */
  nextLayer: number;
  attachment?: VolumeAttachment;
  tags: Tags;
}

export interface VolumeBase {
  /** Root digest of a block map. */
  root: string;
  sizeBytes: number;
}

/** File `volumes/<volume id>/<number>.qcow2` in the home folder. */
export interface VolumeLayer {
  number: number;
  /** Written down before its file is made: no machine is known to use it yet. */
  fresh?: true;
}

export interface VolumeAttachment {
  instanceId: string;
  deviceName: string;
  /** Position of the disk in the machine; 0 is the boot disk. */
  index: number;
  deleteOnTermination: boolean;
  attachedAt: string;
}

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
  networkInterfaceId: string;
  privateIp: string;
  /** Loopback address of its own, 127.x.y.z. */
  publicIp: string;
  mac: string;
  /** Base64 as it was sent; at most 16 KiB decoded. */
  userData?: string;
  metadataOptions: MetadataOptions;
  shutdownBehavior: 'stop' | 'terminate';
  clientToken?: string;
  /** Attached volumes, in the order of the machine's disks. */
  volumeIds: string[];
  /** While `stopping`: the guest is not asked first. When `stopped`: it did not shut itself down. */
  forceStop?: true;
  /** The task that has shut the guest down for a moment and will start it again: no reason to stop the instance. */
  haltedBy?: string;
  rootDeviceName: string;
  architecture: 'x86_64';
  bootMode?: 'legacy-bios' | 'uefi' | 'uefi-preferred';
  /** Public key in OpenSSH form, copied at launch as EC2 does: deleting the key pair later changes nothing. */
  publicKey?: string;
  launchedAt: string;
  terminatedAt?: string;
  /** What the machine was started as: pinned at the first start so that later starts look the same to the guest. */
  machine?: MachineRecord;
  tags: Tags;
}

export interface MachineRecord {
  hypervisor: string;
  machineType: string;
  cpuModel: string;
  accelerator: string;
  uuid: string;
}

export interface KeyPairRow extends OwnedRow {
  name: string;
  keyType: 'rsa' | 'ed25519';
  fingerprint: string;
  publicKey: string;
  tags: Tags;
}

export interface VpcRow extends OwnedRow {
  cidr: string;
  isDefault: boolean;
  tags: Tags;
}

export interface SubnetRow extends OwnedRow {
  vpcId: string;
  cidr: string;
  availabilityZone: string;
  isDefault: boolean;
  tags: Tags;
}

export interface SecurityGroupRow extends OwnedRow {
  name: string;
  description: string;
  vpcId: string;
  ingress: SecurityGroupRule[];
  tags: Tags;
}

export interface SecurityGroupRule {
  /** sgr-… */
  id: string;
  protocol: 'tcp' | 'udp';
  fromPort: number;
  toPort: number;
  cidr: string;
  description?: string;
}

/** A durable task (server/tasks). `input` and `outputs` belong to the kind; they are JSON. */
export interface TaskRow extends OwnedRow {
  kind: string;
  state: 'running' | 'undoing' | 'succeeded' | 'failed';
  /** What the task works on, such as an image or instance id: one task per subject at a time. */
  subject: string;
  input: unknown;
  /** Names of the kind's steps, in order; there once the task has begun. */
  steps?: string[];
  /** Step name -> what it returned. A step that is present here has completed. */
  outputs: Record<string, unknown>;
  /** Step being run or undone now. */
  step?: string;
  /** Failures of `step` so far. */
  attempts: number;
  /** Why the step failed last; of a failed task: why it failed. */
  error?: StateReason;
  finishedAt?: string;
}

/** Idempotent ClientToken: the same token with the same parameters answers the same resources. */
export interface ClientTokenRow extends OwnedRow {
  action: string;
  token: string;
  /** SHA-256 of the canonical parameters. */
  parametersDigest: string;
  resourceIds: string[];
}
