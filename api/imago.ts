/**
 * The contract of Imago's own service: what EC2 has no action for. Written by hand, in the form of
 * the generated ones; spoken as rest-json at the paths in `routes`, and as aws-json
 * (`X-Amz-Target: imago.<Action>`), signed for the service `imago`.
 */
import {
  type AccountInputs,
  type AccountOutputs,
  accountOperations,
  accountRoutes,
  accountShapes,
} from './imago-accounts.ts';
import {
  type BackupInputs,
  type BackupOutputs,
  backupOperations,
  backupRoutes,
  backupShapes,
} from './imago-backups.ts';
import {
  type BuildInputs,
  type BuildOutputs,
  buildOperations,
  buildRoutes,
  buildShapes,
} from './imago-builds.ts';
import {
  type ChangeInputs,
  type ChangeOutputs,
  changeOperations,
  changeRoutes,
  changeShapes,
} from './imago-changes.ts';
import {
  type CollectionInputs,
  type CollectionOutputs,
  collectionOperations,
  collectionRoutes,
  collectionShapes,
} from './imago-collections.ts';
import {
  type ContentInputs,
  type ContentOutputs,
  contentOperations,
  contentRoutes,
  contentShapes,
} from './imago-contents.ts';
import {
  type DifferenceInputs,
  type DifferenceOutputs,
  differenceOperations,
  differenceRoutes,
  differenceShapes,
} from './imago-differences.ts';
import {
  type DrillInputs,
  type DrillOutputs,
  drillOperations,
  drillRoutes,
  drillShapes,
} from './imago-drills.ts';
import {
  type HealthInputs,
  type HealthOutputs,
  healthOperations,
  healthRoutes,
  healthShapes,
} from './imago-health.ts';
import {
  type InstanceInputs,
  type InstanceOutputs,
  instanceOperations,
  instanceRoutes,
  instanceShapes,
} from './imago-instances.ts';
import {
  type MarketplaceInputs,
  type MarketplaceOutputs,
  marketplaceOperations,
  marketplaceRoutes,
  marketplaceShapes,
} from './imago-marketplace.ts';
import {
  type ProvenanceInputs,
  type ProvenanceOutputs,
  provenanceOperations,
  provenanceRoutes,
  provenanceShapes,
} from './imago-provenance.ts';
import {
  type ProviderInputs,
  type ProviderOutputs,
  providerOperations,
  providerRoutes,
  providerShapes,
} from './imago-provider.ts';
import {
  type SessionInputs,
  type SessionOutputs,
  sessionOperations,
  sessionRoutes,
  sessionShapes,
} from './imago-sessions.ts';
import {
  type StorageInputs,
  type StorageOutputs,
  storageOperations,
  storageRoutes,
  storageShapes,
} from './imago-storage.ts';
import {
  type SystemInputs,
  type SystemOutputs,
  systemOperations,
  systemRoutes,
  systemShapes,
} from './imago-systems.ts';
import {
  type TaskInputs,
  type TaskOutputs,
  taskOperations,
  taskRoutes,
  taskShapes,
} from './imago-tasks.ts';
import {
  type TransferInputs,
  type TransferOutputs,
  transferOperations,
  transferRoutes,
  transferShapes,
} from './imago-transfers.ts';
import type { ServiceModel } from './model.ts';

export const imagoModel = {
  service: 'imago',
  version: '2026-11-23',
  protocol: 'rest-json',
  shapes: {
    BuildImageRequest: { members: { Name: 'string', Regions: 'StringList' }, required: ['Name'] },
    BuildImageResult: { members: { TaskId: 'string' } },
    DescribeServerRequest: { members: {} },
    DescribeServerResult: {
      members: {
        Version: 'string',
        Home: 'string',
        Pid: 'number',
        Regions: 'StringList',
        Hypervisor: 'HypervisorDescription',
        Simulated: 'boolean',
        Capacity: 'Capacity',
      },
    },
    Capacity: {
      members: {
        Memory: 'Memory',
        Vcpus: 'Vcpus',
        Disk: 'DiskSpace',
        RegionDisks: 'RegionDiskList',
      },
    },
    RegionDiskList: { list: 'RegionDisk', xml: 'item' },
    RegionDisk: {
      members: {
        Region: 'string',
        Folder: 'string',
        TotalBytes: 'number',
        FreeBytes: 'number',
        ReservedBytes: 'number',
      },
    },
    Memory: {
      members: {
        TotalMiB: 'number',
        ReservedMiB: 'number',
        BlockCacheMiB: 'number',
        ForInstancesMiB: 'number',
        CommittedMiB: 'number',
        FreeMiB: 'number',
      },
    },
    Vcpus: { members: { Total: 'number', Committed: 'number' } },
    DiskSpace: {
      members: {
        TotalBytes: 'number',
        FreeBytes: 'number',
        ReservedBytes: 'number',
        BlockBytes: 'number',
        ReclaimableBytes: 'number',
        PlainBaseBytes: 'number',
      },
    },
    HypervisorDescription: {
      members: {
        Kind: 'string',
        Version: 'string',
        Accelerator: 'string',
        MachineType: 'string',
        CpuModel: 'string',
      },
    },
    StringList: { list: 'string', xml: 'item' },
    ...accountShapes,
    ...backupShapes,
    ...changeShapes,
    ...collectionShapes,
    ...contentShapes,
    ...differenceShapes,
    ...drillShapes,
    ...healthShapes,
    ...marketplaceShapes,
    ...instanceShapes,
    ...provenanceShapes,
    ...providerShapes,
    ...sessionShapes,
    ...storageShapes,
    ...systemShapes,
    ...buildShapes,
    ...taskShapes,
    ...transferShapes,
  },
  operations: {
    ...accountOperations,
    ...backupOperations,
    ...changeOperations,
    ...collectionOperations,
    ...contentOperations,
    ...differenceOperations,
    ...drillOperations,
    ...healthOperations,
    ...marketplaceOperations,
    ...instanceOperations,
    ...provenanceOperations,
    ...providerOperations,
    ...sessionOperations,
    ...storageOperations,
    ...systemOperations,
    ...buildOperations,
    ...taskOperations,
    ...transferOperations,
    BuildImage: {
      input: 'BuildImageRequest',
      output: 'BuildImageResult',
      http: { status: 202, input: { Name: 'label' } },
    },
    DescribeServer: { input: 'DescribeServerRequest', output: 'DescribeServerResult' },
  },
  routes: {
    ...accountRoutes,
    ...backupRoutes,
    ...changeRoutes,
    ...collectionRoutes,
    ...contentRoutes,
    ...differenceRoutes,
    ...drillRoutes,
    ...healthRoutes,
    ...marketplaceRoutes,
    ...instanceRoutes,
    ...provenanceRoutes,
    ...providerRoutes,
    ...sessionRoutes,
    ...storageRoutes,
    ...systemRoutes,
    ...buildRoutes,
    ...taskRoutes,
    ...transferRoutes,
    BuildImage: 'POST /imago/provider-images/{Name}/builds',
    DescribeServer: 'GET /imago/server',
  },
} as const satisfies ServiceModel;

export const imagoActionNames: readonly string[] = Object.keys(imagoModel.operations);

/** The images that BuildImage makes. */
export const providerImageNames = ['micro', 'debian-12', 'debian-13'] as const;
export type ProviderImageName = (typeof providerImageNames)[number];

export interface BuildImageRequest {
  /** A ProviderImageName. */
  Name: string;
  /** Where it is offered; in all regions when absent. */
  Regions?: string[];
}

export interface BuildImageResult {
  TaskId: string;
}

export type DescribeServerRequest = Record<string, never>;

export interface DescribeServerResult {
  Version: string;
  Home: string;
  Pid: number;
  Regions: string[];
  Hypervisor: HypervisorDescription;
  /** Machines only change state. */
  Simulated: boolean;
  Capacity: Capacity;
}

/** What the host has for instances, and what of it is given away. */
export interface Capacity {
  Memory: Memory;
  /** Shared by all guests, and never refused. */
  Vcpus: { Total: number; Committed: number };
  /** The file system of the home folder. Below the reserve nothing is admitted that takes room. */
  Disk: DiskSpace;
  /** Of regions that have a block store of their own: the file systems of those. */
  RegionDisks: RegionDisk[];
}

export interface RegionDisk {
  Region: string;
  Folder: string;
  TotalBytes: number;
  FreeBytes: number;
  ReservedBytes: number;
}

export interface DiskSpace {
  TotalBytes: number;
  FreeBytes: number;
  ReservedBytes: number;
  /** As the last collection of garbage found it; absent until one has ended. */
  BlockBytes?: number;
  /** Of blocks that nothing needs any more. */
  ReclaimableBytes?: number;
  /** Of plain bases, which make way for anything else. */
  PlainBaseBytes: number;
}

export interface Memory {
  TotalMiB: number;
  /** For the host itself. */
  ReservedMiB: number;
  /** Of that, at most for blocks that guests read; absent where machines are simulated. */
  BlockCacheMiB?: number;
  /** Absent, as `FreeMiB`, where machines are simulated and take none. */
  ForInstancesMiB?: number;
  /** Of the instances that are not at rest, by their types. */
  CommittedMiB: number;
  FreeMiB?: number;
}

export interface HypervisorDescription {
  Kind: string;
  Version: string;
  Accelerator: string;
  MachineType: string;
  CpuModel: string;
}

export interface ImagoInputs
  extends AccountInputs,
    BackupInputs,
    ChangeInputs,
    CollectionInputs,
    ContentInputs,
    DifferenceInputs,
    DrillInputs,
    HealthInputs,
    MarketplaceInputs,
    InstanceInputs,
    ProvenanceInputs,
    ProviderInputs,
    SessionInputs,
    StorageInputs,
    SystemInputs,
    BuildInputs,
    TaskInputs,
    TransferInputs {
  BuildImage: BuildImageRequest;
  DescribeServer: DescribeServerRequest;
}

export interface ImagoOutputs
  extends AccountOutputs,
    BackupOutputs,
    ChangeOutputs,
    CollectionOutputs,
    ContentOutputs,
    DifferenceOutputs,
    DrillOutputs,
    HealthOutputs,
    MarketplaceOutputs,
    InstanceOutputs,
    ProvenanceOutputs,
    ProviderOutputs,
    SessionOutputs,
    StorageOutputs,
    SystemOutputs,
    BuildOutputs,
    TaskOutputs,
    TransferOutputs {
  BuildImage: BuildImageResult;
  DescribeServer: DescribeServerResult;
}
