/** An instance as the API tells of it, and what may be done in which state. */
import type { Output } from '../../api/wire.ts';

type Reservation = NonNullable<Output<'ec2', 'DescribeInstances'>['Reservations']>[number];
export type Instance = NonNullable<Reservation['Instances']>[number];

/** What every part of an instance's view is given. */
export interface PartProps {
  instance: Instance;
}

export const instancesOf = ({ Reservations = [] }: Output<'ec2', 'DescribeInstances'>) =>
  Reservations.flatMap(({ Instances = [] }) => Instances);

export const nameOf = ({ Tags = [], InstanceId = '' }: Instance) =>
  Tags.find(({ Key }) => Key === 'Name')?.Value ?? InstanceId;

const imageNameMax = 128;

/** For an image of it: of characters that EC2 takes, and likely a new one. */
export function captureName(instance: Instance, now: Date): string {
  const minute = now.toISOString().slice(0, 16).replaceAll(/[T:]/g, '-');
  const name = nameOf(instance).replaceAll(/[^A-Za-z0-9()[\] ./'@_-]+/g, '-');
  return `${name.slice(0, imageNameMax - minute.length - 1)}-${minute}`;
}

export type Deed = 'start' | 'stop' | 'reboot' | 'terminate' | 'capture' | 'replaceRoot';

const states: Record<Deed, readonly string[]> = {
  start: ['stopped'],
  stop: ['pending', 'running', 'stopping'],
  reboot: ['running'],
  replaceRoot: ['running'],
  terminate: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'],
  capture: ['running', 'stopped'],
};

export const mayBe = (deed: Deed, { State }: Instance) => states[deed].includes(State?.Name ?? '');

/** Part of a name, an id, an address, an image, or `tag=value`. */
export function filtersOf(text: string) {
  if (!text) return [];
  if (/^i-[0-9a-f]+$/.test(text)) return [{ Name: 'instance-id', Values: [text] }];
  if (/^ami-[0-9a-f]+$/.test(text)) return [{ Name: 'image-id', Values: [text] }];
  if (/^[\d.]+$/.test(text)) return [{ Name: 'private-ip-address', Values: [`${text}*`] }];
  const [, key, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (key) return [{ Name: `tag:${key}`, Values: [value ? `*${value}*` : '*'] }];
  return [{ Name: 'tag:Name', Values: [`*${text}*`] }];
}
