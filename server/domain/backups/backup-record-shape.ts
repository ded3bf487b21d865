/** The form of what comes of another Imago's backup (backup-record.ts): what is read, and its bounds. */
import type { RecordedMachine, RecordedSet } from '../../catalog/rows/recorded-machine.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import {
  JsonShapeError,
  list,
  oneOf,
  optional,
  type Read,
  shape,
  text,
  texts,
  whole,
} from '../../foundations/json-shape.ts';
import { consistencies } from '../consistency.ts';
import { isMappable, placeOf } from '../device-names.ts';
import { checkedTags } from '../tags.ts';
import { checkUefiVariables } from '../uefi-variables.ts';
import { checkUserData } from '../user-data.ts';
import { checkedFigures } from '../volume-types.ts';
import type { BackupRecord } from './backup-record.ts';

/** More than a machine has places for. */
const volumesMax = 64;
const groupsMax = 64;
const tagsMax = 50;
/** Base64 of the most that a machine is given, with line breaks. */
const userDataMaxChars = 32 * 1024;
const uefiDataMaxChars = 88 * 1024;

const idOf = (...prefixes: string[]) =>
  text(32, new RegExp(`^(${prefixes.join('|')})-[0-9a-f]{1,17}$`));
const name = text(255);
const yes = optional(oneOf(true as const));
const ipv4 = text(15, /^\d{1,3}(\.\d{1,3}){3}$/);

const tags: Read<Tags> = (value, at) =>
  checkedTags(texts(tagsMax)(value, at).map(([Key, Value]) => ({ Key, Value })));

const time: Read<string> = (value, at) => {
  const given = text(32)(value, at);
  const date = new Date(given);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new JsonShapeError(`${at} is no time`);
};

const deviceName: Read<string> = (value, at) => {
  const given = text(32)(value, at);
  if (isMappable(given)) return given;
  throw new JsonShapeError(`${at} is no name of a device`);
};

function checked(read: Read<string>, check: (given: string) => void): Read<string> {
  return (value, at) => {
    const given = read(value, at);
    check(given);
    return given;
  };
}

const volumeMembers = shape<RecordedMachine['volumes'][number]>({
  deviceName,
  volumeId: idOf('vol'),
  sizeGiB: whole(1, 65_536),
  volumeType: text(32),
  iops: optional(whole(1, 1_000_000)),
  throughputMiBps: optional(whole(1, 100_000)),
  encrypted: yes,
  tags,
});

const volume: typeof volumeMembers = (value, at) => {
  const read = volumeMembers(value, at);
  checkedFigures(read);
  return read;
};

const machine = shape<RecordedMachine>({
  instanceId: idOf('i'),
  instanceType: text(64, /^[a-z0-9.-]+$/),
  keyName: optional(name),
  publicKey: optional(text(16 * 1024)),
  vpcId: text(64),
  subnetId: text(64),
  availabilityZone: optional(text(64)),
  privateIp: ipv4,
  publicIp: optional(ipv4),
  userData: optional(checked(text(userDataMaxChars), checkUserData)),
  metadataOptions: shape<RecordedMachine['metadataOptions']>({
    httpTokens: oneOf('optional', 'required'),
    httpPutResponseHopLimit: whole(1, 64),
    httpEndpoint: oneOf('enabled', 'disabled'),
    instanceMetadataTags: optional(oneOf('enabled', 'disabled')),
  }),
  shutdownBehavior: oneOf('stop', 'terminate'),
  cpuOptions: optional(
    shape<NonNullable<RecordedMachine['cpuOptions']>>({
      coreCount: whole(1, 1024),
      threadsPerCore: whole(1, 2),
    }),
  ),
  cpuCredits: optional(oneOf('standard', 'unlimited')),
  monitoring: yes,
  disableApiTermination: yes,
  disableApiStop: yes,
  autoRecovery: optional(oneOf('disabled' as const)),
  capacityReservationPreference: optional(oneOf('none' as const)),
  networkInterfaceDescription: optional(name),
  networkInterfaceTags: optional(tags),
  tags,
  securityGroups: list(shape<{ id: string; name: string }>({ id: text(64), name }), groupsMax),
  volumes: list(volume, volumesMax),
});

const system = shape<RecordedSet['system']>({
  architecture: oneOf('x86_64'),
  platform: optional(oneOf('windows' as const)),
  rootDeviceName: deviceName,
  bootMode: optional(oneOf('legacy-bios', 'uefi', 'uefi-preferred')),
  uefiData: optional(checked(text(uefiDataMaxChars), checkUefiVariables)),
  tpmSupport: optional(oneOf('v2.0' as const)),
  imdsSupport: optional(oneOf('v2.0' as const)),
  enaSupport: yes,
  sriovNetSupport: optional(oneOf('simple' as const)),
});

/** No place of a machine twice, under whatever names. */
const taken: Read<RecordedSet['taken']> = (value, at) => {
  const volumes = list(
    shape<RecordedSet['taken'][number]>({
      deviceName,
      volumeId: idOf('vol'),
      deleteOnTermination: oneOf(true, false),
    }),
    volumesMax,
  )(value, at);
  const places = new Set(volumes.map((each) => placeOf(each.deviceName)));
  if (places.size === volumes.length) return volumes;
  throw new JsonShapeError(`${at} has a device twice`);
};

const set = shape<RecordedSet>({ machine, imageId: idOf('ami'), system, taken });

export const recordShape = shape<BackupRecord>({
  backup: optional(
    shape<NonNullable<BackupRecord['backup']>>({
      sourceId: idOf('i', 'vol'),
      instanceId: optional(idOf('i')),
      setId: optional(idOf('snap')),
      takenAt: optional(time),
    }),
  ),
  machine: optional(machine),
  set: optional(set),
  consistency: optional(oneOf(...consistencies)),
});
