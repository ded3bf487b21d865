/** What the address says is to be restored, as requests of the API and as a command. */
import type { Input } from '../../api/wire.ts';
import { afterFile } from '../../parts/after-file.ts';
import { word } from '../../parts/aws-cli.ts';
import type { Query, Route } from '../../route.ts';
import { base64 } from '../launch/wanted.ts';

export const forms = ['machine', 'place', 'volume', 'files'] as const;
export type Form = (typeof forms)[number];

/** What a new machine is to have otherwise than it had, as it is typed: lists with spaces. */
export const otherwise = ['name', 'key', 'subnet', 'group', 'address', 'without'] as const;
export type Otherwise = (typeof otherwise)[number];

export interface Wanted extends Partial<Record<Otherwise, string>> {
  form: Form;
  /** By its id, or as the last whole one of the source, now or before a moment. */
  backup?: string;
  source?: string;
  at?: string;
  /** Of a machine: another than it was. */
  type?: string;
  /** Too long for an address, and nobody else's business; empty is none. */
  userData?: string;
  /** Of a volume. */
  device?: string;
  to?: string;
  attachAs?: string;
}

export function wantedOf({ query }: Route): Wanted {
  const said = (name: string) => query.get(name) || undefined;
  const at = said('at');
  return {
    form: forms.find((form) => form === query.get('what')) ?? 'machine',
    backup: said('backup'),
    source: said('source'),
    at: at !== undefined && !Number.isNaN(Date.parse(at)) ? at : undefined,
    type: said('type'),
    device: said('device'),
    to: said('to'),
    attachAs: said('as'),
    ...Object.fromEntries(otherwise.flatMap((each) => (said(each) ? [[each, said(each)]] : []))),
  };
}

/** What is not said is taken away. */
export function queryOf({ form, attachAs, userData: _, ...said }: Wanted): Query {
  return { ...said, what: form, as: attachAs };
}

/** How the backup is named. */
function namedBy({ backup, source, at }: Wanted) {
  if (backup) return { BackupId: backup };
  return { source, At: at && new Date(at).toISOString() };
}

export function machineRequest(wanted: Wanted): Input<'imago', 'RestoreInstance'> {
  const { source: InstanceId, ...named } = { source: undefined, ...namedBy(wanted) };
  const isNew = wanted.form === 'machine';
  return {
    ...named,
    InstanceId,
    ...(isNew ? { InstanceType: wanted.type, ...wishesOf(wanted) } : { InPlace: true }),
  };
}

export const wordsOf = (text = '') => text.split(/[\s,]+/).filter((each) => each !== '');

function wishesOf({ name, key, subnet, group, address, without, userData }: Wanted) {
  const [groups, devices] = [wordsOf(group), wordsOf(without)];
  return {
    ...(name && { Name: name }),
    ...(key && { KeyName: key.trim() }),
    ...(subnet && { SubnetId: subnet.trim() }),
    ...(groups.length > 0 && { SecurityGroupIds: groups }),
    ...(address && { PrivateIpAddress: address.trim() }),
    ...(devices.length > 0 && { ExcludeDeviceNames: devices }),
    ...(userData !== undefined && { UserData: base64(userData) }),
  };
}

/** As options of the same names. */
function wishOptions(wanted: Wanted): string[] {
  return otherwise.flatMap((each) => {
    const said = wanted[each];
    if (!said) return [];
    const words = each === 'group' || each === 'without' ? wordsOf(said) : [said.trim()];
    return [`--${each} ${words.map(word).join(' ')}`];
  });
}

export function volumeRequest(wanted: Wanted): Input<'imago', 'RestoreVolume'> {
  const { source: SourceId, ...named } = { source: undefined, ...namedBy(wanted) };
  const { device: DeviceName, to = '', attachAs: AttachAs } = wanted;
  return { ...named, SourceId, DeviceName, InstanceId: to, AttachAs };
}

const userDataFile = 'user-data';

/** Of `bin/imago`. */
export function commandOf(wanted: Wanted, path = '/'): string {
  const { form, backup, source, at, type, userData, device, to, attachAs } = wanted;
  if (form === 'files') {
    return `bin/imago backups files ${word(backup ?? '')} restore ${word(path)} --out files.tar`;
  }
  const isVolume = form === 'volume' && source?.startsWith('vol-') === true;
  const options = [
    ...(backup
      ? [word(backup)]
      : [`${isVolume ? '--volume' : '--instance'} ${word(source ?? '')}`]),
    ...(!backup && at ? [`--at ${word(at)}`] : []),
    ...(form === 'place' ? ['--in-place'] : []),
    ...(form === 'machine' && type ? [`--type ${word(type)}`] : []),
    ...(form === 'machine' ? wishOptions(wanted) : []),
    ...(form === 'machine' && userData !== undefined ? [`--user-data ${userDataFile}`] : []),
    ...(form === 'volume' && device ? [`--volume ${word(device)}`] : []),
    ...(form === 'volume' ? [`--attach ${word(to ?? 'i-…')}`] : []),
    ...(form === 'volume' && attachAs ? [`--device ${word(attachAs)}`] : []),
  ];
  const command = `bin/imago backups restore ${options.join(' ')}`;
  if (form !== 'machine' || userData === undefined) return command;
  return afterFile(userDataFile, userData, command);
}
