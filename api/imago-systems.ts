/**
 * The part of Imago's own contract (imago.ts) that is the system in an image, all in all; its files
 * and packages are imago-contents.ts's.
 */
import type { ServiceModel } from './model.ts';

export const systemShapes = {
  DescribeImageContentsRequest: {
    members: { ImageId: 'string', FolderSizes: 'boolean' },
    required: ['ImageId'],
  },
  DescribeImageContentsResult: {
    members: {
      System: 'ImageSystem',
      BootMode: 'string',
      Partitions: 'PartitionList',
      Kernels: 'KernelList',
      Packages: 'PackageCountList',
      PackagesUnreadable: 'string',
      Users: 'UserList',
      Groups: 'GroupList',
      Services: 'ServiceList',
      Crontab: 'CronEntryList',
      Ssh: 'SettingList',
      Sudo: 'SudoRuleList',
      Folders: 'FolderSizeList',
    },
  },
  ImageSystem: {
    members: {
      Id: 'string',
      Name: 'string',
      Version: 'string',
      Codename: 'string',
      Hostname: 'string',
      TimeZone: 'string',
    },
  },
  PartitionList: { list: 'Partition', xml: 'item' },
  Partition: {
    members: {
      Disk: 'number',
      Number: 'number',
      Name: 'string',
      Type: 'string',
      Id: 'string',
      StartBytes: 'number',
      SizeBytes: 'number',
      FileSystem: 'string',
      Label: 'string',
      Uuid: 'string',
      MountPath: 'string',
      Unclean: 'boolean',
      Unreadable: 'string',
    },
  },
  KernelList: { list: 'Kernel', xml: 'item' },
  Kernel: { members: { Version: 'string', Image: 'string', Modules: 'boolean' } },
  PackageCountList: { list: 'PackageCount', xml: 'item' },
  PackageCount: { members: { Manager: 'string', Count: 'number' } },
  UserList: { list: 'User', xml: 'item' },
  User: {
    members: {
      Name: 'string',
      Uid: 'number',
      Gid: 'number',
      Home: 'string',
      Shell: 'string',
      Password: 'string',
      Groups: 'StringList',
    },
  },
  GroupList: { list: 'Group', xml: 'item' },
  Group: { members: { Name: 'string', Gid: 'number', Members: 'StringList' } },
  ServiceList: { list: 'Service', xml: 'item' },
  Service: {
    members: { Name: 'string', Manager: 'string', State: 'string', For: 'StringList' },
  },
  CronEntryList: { list: 'CronEntry', xml: 'item' },
  CronEntry: {
    members: { Schedule: 'string', User: 'string', Command: 'string', File: 'string' },
  },
  SettingList: { list: 'Setting', xml: 'item' },
  Setting: {
    members: { Name: 'string', Value: 'string', File: 'string', Conditional: 'boolean' },
  },
  SudoRuleList: { list: 'SudoRule', xml: 'item' },
  SudoRule: { members: { Line: 'string', File: 'string' } },
  FolderSizeList: { list: 'FolderSize', xml: 'item' },
  FolderSize: { members: { Path: 'string', SizeBytes: 'number', Files: 'number' } },
} as const satisfies ServiceModel['shapes'];

export const systemOperations = {
  DescribeImageContents: {
    input: 'DescribeImageContentsRequest',
    output: 'DescribeImageContentsResult',
    http: { input: { ImageId: 'label', FolderSizes: 'query folderSizes' } },
  },
} as const satisfies ServiceModel['operations'];

export const systemRoutes = {
  DescribeImageContents: 'GET /imago/images/{ImageId}/contents',
} as const;

export interface DescribeImageContentsRequest {
  ImageId: string;
  /** Go through all files for how much is in which folder; of a large image it takes seconds. */
  FolderSizes?: boolean;
}

export interface DescribeImageContentsResult {
  System: {
    /** Such as `debian`; absent, as all that is not there. */
    Id?: string;
    Name?: string;
    Version?: string;
    Codename?: string;
    Hostname?: string;
    TimeZone?: string;
  };
  /** By which firmware the root's disk can be started. */
  BootMode?: 'legacy-bios' | 'uefi' | 'uefi-preferred';
  Partitions: ImagePartition[];
  Kernels: { Version: string; Image?: string; Modules: boolean }[];
  Packages: { Manager: 'dpkg' | 'apk' | 'rpm'; Count: number }[];
  /** Why none are told, where there is a database of them. */
  PackagesUnreadable?: string;
  Users: ImageUser[];
  Groups: { Name: string; Gid: number; Members: string[] }[];
  Services: ImageService[];
  /** Scripts of `/etc/cron.daily` and the like too. */
  Crontab: { Schedule: string; User: string; Command: string; File: string }[];
  /** What the SSH server is told of who gets in; what is not told is OpenSSH's default. */
  Ssh: { Name: string; Value: string; File: string; Conditional: boolean }[];
  /** Lines of sudoers that let somebody do something. */
  Sudo: { Line: string; File: string }[];
  /** The root, what is in it, and what is in that; the largest first. */
  Folders?: { Path: string; SizeBytes: number; Files: number }[];
}

/** Of a disk without any, the whole of it, without a number. */
export interface ImagePartition {
  /** Of those of the image, counted from the root's 1. */
  Disk: number;
  Number?: number;
  Name?: string;
  /** A GUID of a GPT, or a byte of an MBR such as `0x83`. */
  Type?: string;
  Id?: string;
  StartBytes: number;
  SizeBytes: number;
  /** As `blkid` calls it; `nothing` and `unknown` too. */
  FileSystem: string;
  Label?: string;
  Uuid?: string;
  MountPath?: string;
  /** It was in use when the image was taken. */
  Unclean?: boolean;
  /** Why it is not read. */
  Unreadable?: string;
}

export interface ImageUser {
  Name: string;
  Uid: number;
  Gid: number;
  Home: string;
  Shell: string;
  /** `none`: the account is entered without any. */
  Password: 'none' | 'locked' | 'set';
  Groups: string[];
}

/** What is started by itself; `masked`: it never is. */
export interface ImageService {
  Name: string;
  Manager: 'systemd' | 'sysvinit' | 'openrc';
  State: 'enabled' | 'masked';
  /** Targets, or run levels. */
  For: string[];
}

export interface SystemInputs {
  DescribeImageContents: DescribeImageContentsRequest;
}

export interface SystemOutputs {
  DescribeImageContents: DescribeImageContentsResult;
}
