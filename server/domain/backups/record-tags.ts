/**
 * What a backup remembers, as tags: for a service that has nowhere else to put it (AWS, an older
 * Imago). Some are for people; the whole is there in parts, but for user data and firmware variables,
 * which tags have no room for and which more people may read there. Read back, it is somebody's word.
 */
import type { RecordedMachine } from '../../catalog/rows/recorded-machine.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { checkedTags, tagsMax, userTags, valueMaxChars } from '../tags.ts';
import { type BackupRecord, readRecord } from './backup-record.ts';
import type { BackupRow } from './backups.ts';

const partOf = (number: number) => `imago:record-${number}`;

/** Of which backup of which Imago it is a copy: of the first, however far it has come since. */
export const copyOfTag = 'imago:copy-of';

const forPeople = [
  'imago:source',
  'imago:taken-at',
  'imago:instance',
  'imago:set',
  'imago:instance-type',
  'imago:key-name',
  'imago:security-groups',
] as const;

export function recordTags(record: BackupRecord): Tags {
  const text = Buffer.from(JSON.stringify(withoutData(record))).toString('base64url');
  const parts: Tags = {};
  for (let at = 0; at < text.length; at += valueMaxChars) {
    parts[partOf(at / valueMaxChars + 1)] = text.slice(at, at + valueMaxChars);
  }
  return { ...tagsForPeople(record), ...parts };
}

function tagsForPeople({ backup, machine, set }: BackupRecord): Tags {
  const { instanceType, keyName, securityGroups } = machine ?? set?.machine ?? {};
  const all: Record<(typeof forPeople)[number], string | undefined> = {
    'imago:source': backup?.sourceId,
    'imago:taken-at': backup?.takenAt,
    'imago:instance': backup?.instanceId ?? set?.machine.instanceId,
    'imago:set': backup?.setId,
    'imago:instance-type': instanceType,
    'imago:key-name': keyName,
    'imago:security-groups': securityGroups?.map(({ name }) => name).join(' '),
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([key, value]) =>
      value ? [[key, value.slice(0, valueMaxChars)]] : [],
    ),
  );
}

function withoutData(record: BackupRecord): BackupRecord {
  const { machine, set } = record;
  const plain = ({ userData: _, ...rest }: RecordedMachine) => rest;
  if (machine) return { ...record, machine: plain(machine) };
  if (!set) return record;
  const { uefiData: _, ...system } = set.system;
  return { ...record, set: { ...set, machine: plain(set.machine), system } };
}

/**
 * None where there are no such tags; of those that an older Imago has written what it is a backup
 * of. Throws ServiceError for what is none, of an image or of a snapshot.
 */
export function readRecordTags(tags: Tags, of: 'ami' | 'snap'): BackupRecord {
  let text = '';
  for (let number = 1; number <= tagsMax; number++) {
    const part = tags[partOf(number)];
    if (part === undefined) break;
    text += part;
  }
  if (text !== '') return readRecord(Buffer.from(text, 'base64url').toString(), of);
  const sourceId = tags['imago:source'];
  if (sourceId === undefined) return {};
  const backup = {
    sourceId,
    takenAt: tags['imago:taken-at'],
    instanceId: tags['imago:instance'],
    setId: tags['imago:set'],
  };
  return readRecord(JSON.stringify({ backup }), of);
}

/** The user's: without the service's, and those that are read as a record. Throws ServiceError. */
export function pulledTags(tags: Tags): Tags {
  const names: readonly string[] = [...forPeople, copyOfTag];
  const own = Object.entries(userTags(tags)).filter(
    ([key]) => !names.includes(key) && !/^imago:record-\d+$/.test(key),
  );
  return checkedTags(own.map(([Key, Value]) => ({ Key, Value })));
}

/** What a copy elsewhere has: the user's tags, and, where there is room, what it is a copy of. */
export function pushedTags({ id, tags }: Pick<BackupRow, 'id' | 'tags'>): Tags {
  const own = userTags(tags);
  const copyOf = firstOf({ tags }) ?? id;
  return Object.keys(own).length < tagsMax ? { ...own, [copyOfTag]: copyOf } : own;
}

/** Of one that another Imago has sent: which it is a copy of. */
export function firstOf({ tags }: Pick<BackupRow, 'tags'>): string | undefined {
  const id = tags[copyOfTag];
  return id !== undefined && /^(ami|snap)-[0-9a-f]{8,17}$/.test(id) ? id : undefined;
}
