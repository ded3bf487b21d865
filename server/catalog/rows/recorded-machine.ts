/**
 * What a backup remembers of the instance that it was made of, for a restore: how it was launched,
 * and which volumes it had. Its owner's alone: it is in no answer, and goes along in copies of the
 * same account only (domain/backups/recorded-machine.ts).
 */
import type { ImageRow } from './image.ts';
import type { InstanceRow } from './instance.ts';
import type { Tags } from './row.ts';
import type { VolumeFigures } from './volume.ts';

export interface RecordedMachine
  extends Pick<
    InstanceRow,
    | 'instanceType'
    | 'keyName'
    | 'publicKey'
    | 'vpcId'
    | 'subnetId'
    | 'availabilityZone'
    | 'privateIp'
    | 'publicIp'
    | 'userData'
    | 'metadataOptions'
    | 'shutdownBehavior'
    | 'cpuOptions'
    | 'cpuCredits'
    | 'monitoring'
    | 'disableApiTermination'
    | 'disableApiStop'
    | 'autoRecovery'
    | 'capacityReservationPreference'
    | 'networkInterfaceDescription'
    | 'networkInterfaceTags'
    | 'tags'
  > {
  instanceId: string;
  securityGroups: { id: string; name: string }[];
  /** All that it had, be they in the image or not; the boot disk first. */
  volumes: RecordedVolume[];
}

export interface RecordedVolume extends VolumeFigures {
  deviceName: string;
  volumeId: string;
  encrypted?: true;
  tags: Tags;
}

/**
 * What the snapshot of a boot disk remembers that was taken together with those of the machine's
 * other volumes: with these it is a backup of the machine, as an image is.
 */
export interface RecordedSet {
  machine: RecordedMachine;
  /** That the machine was launched of. */
  imageId: string;
  system: RecordedSystem;
  /** The volumes that were taken. */
  taken: { deviceName: string; volumeId: string; deleteOnTermination: boolean }[];
}

/** What an image says of the system in it. */
export type RecordedSystem = Pick<
  ImageRow,
  | 'architecture'
  | 'platform'
  | 'rootDeviceName'
  | 'bootMode'
  | 'uefiData'
  | 'tpmSupport'
  | 'imdsSupport'
  | 'enaSupport'
  | 'sriovNetSupport'
>;
