/** Images (AMIs) and what they say their instances get. */
import type { OwnedRow, StateReason, Tags } from './row.ts';

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
