/**
 * Names of an instance's block devices: EC2's table of them, and which stand for one place. What a
 * guest calls its disks is the guest's affair (docs/guides/volumes.md).
 */
import { ServiceError } from '../../api/service-error.ts';

/** EC2's for machines with hardware virtualisation; `sda1` is a root's. */
const attachable = /^(\/dev\/)?(sda1|sd[a-z]|xvd[a-z]|xvd[a-d][a-z])$/;
/** What mappings of images have besides, of the time before those machines. */
const mappable = /^(\/dev\/)?(sd[a-z]([1-9]|1[0-5])?|xvd[a-z]{1,2}|vd[a-z]|hd[a-z])$/;

export function isMappable(deviceName: string): boolean {
  return mappable.test(deviceName);
}

export function checkAttachable(deviceName: string): void {
  if (attachable.test(deviceName)) return;
  throw new ServiceError(
    'InvalidParameterValue',
    `Value (${deviceName}) for parameter device is invalid. ${deviceName} is not a valid EBS device name.`,
  );
}

/**
 * The place that a name is for: `/dev/sdf`, `xvdf` and `/dev/sdf1` are one, as are `/dev/sda1` and
 * `/dev/xvda`.
 */
export function placeOf(deviceName: string): string {
  return /^(?:\/dev\/)?(?:sd|xvd|vd|hd)([a-z]+)\d*$/.exec(deviceName)?.[1] ?? deviceName;
}
