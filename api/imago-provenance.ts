/**
 * The part of Imago's own contract (imago.ts) that is about where images come from: manifests and
 * who has signed them, which signatures an account demands of what it launches, and lineage in both
 * directions (EC2's GetImageAncestry knows one).
 */
import type { ServiceModel } from './model.ts';

export const provenanceShapes = {
  ManifestSignature: {
    members: {
      AccountId: 'string',
      KeyId: 'string',
      PublicKey: 'string',
      Signature: 'string',
      SignDate: 'timestamp',
    },
  },
  ManifestSignatureList: { list: 'ManifestSignature', xml: 'item' },
  ManifestRequest: { members: { ImageId: 'string' }, required: ['ImageId'] },
  ManifestResult: {
    members: {
      ImageId: 'string',
      Manifest: 'string',
      Sha256: 'string',
      Signatures: 'ManifestSignatureList',
      Recipe: 'string',
      Lock: 'string',
    },
  },
  VerifyImageRequest: {
    members: {
      ImageId: 'string',
      PublicKeys: 'StringList',
      Blocks: 'boolean',
      NextToken: 'string',
    },
    required: ['ImageId'],
  },
  VerifyImageResult: {
    members: {
      ImageId: 'string',
      Valid: 'boolean',
      Problems: 'StringList',
      SignedBy: 'ManifestSignatureList',
      BlockCount: 'number',
      BlocksRead: 'number',
      DamagedBlocks: 'DamagedImageBlockList',
      NextToken: 'string',
    },
  },
  DamagedImageBlockList: { list: 'DamagedImageBlock', xml: 'item' },
  DamagedImageBlock: {
    members: {
      DeviceName: 'string',
      SnapshotId: 'string',
      Digest: 'string',
      BlockIndex: 'number',
      Problem: 'string',
    },
  },
  SigningKey: {
    members: {
      KeyId: 'string',
      PublicKey: 'string',
      CreateDate: 'timestamp',
      RetireDate: 'timestamp',
    },
  },
  SigningKeyList: { list: 'SigningKey', xml: 'item' },
  SigningKeysRequest: { members: {} },
  SigningKeysResult: { members: { Keys: 'SigningKeyList' } },
  LaunchPolicyRequest: { members: {} },
  PutLaunchPolicyRequest: { members: { SignedBy: 'StringList' }, required: ['SignedBy'] },
  LaunchPolicyResult: { members: { SignedBy: 'StringList' } },
  DescribeImageLineageRequest: { members: { ImageId: 'string' }, required: ['ImageId'] },
  DescribeImageLineageResult: { members: { Images: 'LineageImageList', Truncated: 'boolean' } },
  LineageImageList: { list: 'LineageImage', xml: 'item' },
  LineageImage: {
    members: {
      ImageId: 'string',
      Name: 'string',
      Region: 'string',
      OwnerId: 'string',
      State: 'string',
      SourceImageId: 'string',
      CreateDate: 'timestamp',
      VolumeSizeGiB: 'number',
      ExclusiveBytes: 'number',
      Sha256: 'string',
      Warnings: 'StringList',
      InheritedWarnings: 'StringList',
    },
  },
} as const satisfies ServiceModel['shapes'];

const onImage = { http: { input: { ImageId: 'label' } } } as const;

export const provenanceOperations = {
  GetImageManifest: { input: 'ManifestRequest', output: 'ManifestResult', ...onImage },
  SignImage: { input: 'ManifestRequest', output: 'ManifestResult', ...onImage },
  VerifyImage: { input: 'VerifyImageRequest', output: 'VerifyImageResult', ...onImage },
  DescribeSigningKeys: { input: 'SigningKeysRequest', output: 'SigningKeysResult' },
  RotateSigningKey: { input: 'SigningKeysRequest', output: 'SigningKeysResult' },
  GetLaunchPolicy: { input: 'LaunchPolicyRequest', output: 'LaunchPolicyResult' },
  PutLaunchPolicy: { input: 'PutLaunchPolicyRequest', output: 'LaunchPolicyResult' },
  DeleteLaunchPolicy: { input: 'LaunchPolicyRequest', output: 'LaunchPolicyResult' },
  DescribeImageLineage: {
    input: 'DescribeImageLineageRequest',
    output: 'DescribeImageLineageResult',
    ...onImage,
  },
} as const satisfies ServiceModel['operations'];

export const provenanceRoutes = {
  GetImageManifest: 'GET /imago/images/{ImageId}/manifest',
  SignImage: 'POST /imago/images/{ImageId}/signatures',
  VerifyImage: 'POST /imago/images/{ImageId}/verification',
  DescribeSigningKeys: 'GET /imago/signing-keys',
  RotateSigningKey: 'POST /imago/signing-keys',
  GetLaunchPolicy: 'GET /imago/launch-policy',
  PutLaunchPolicy: 'PUT /imago/launch-policy',
  DeleteLaunchPolicy: 'DELETE /imago/launch-policy',
  DescribeImageLineage: 'GET /imago/images/{ImageId}/lineage',
} as const;

export interface ManifestRequest {
  ImageId: string;
}

/** One account's, over the bytes of the manifest. */
export interface ManifestSignature {
  AccountId: string;
  KeyId: string;
  /** As `minisign -P` takes it. */
  PublicKey: string;
  /** A whole file of minisign's (`.minisig`). */
  Signature: string;
  SignDate: Date;
}

export interface ManifestResult {
  ImageId: string;
  /** JSON in the form of RFC 8785; the signatures are over its bytes in UTF-8. */
  Manifest: string;
  /** Of these bytes, in hex. */
  Sha256: string;
  Signatures: ManifestSignature[];
  /** What it was made of, as its author wrote it; the manifest has its digest. */
  Recipe?: string;
  /** The packages in it, with their digests: JSON. */
  Lock?: string;
}

export interface VerifyImageRequest {
  ImageId: string;
  /**
   * Only signatures by one of these count, as minisign has keys; without them those by any account
   * of this Imago.
   */
  PublicKeys?: string[];
  /** Some of its blocks are read, too, and the others for the NextToken of each answer. */
  Blocks?: boolean;
  NextToken?: string;
}

/**
 * Of the image's rows beside its manifest; without Blocks it is left to the scrubber whether its
 * blocks are whole.
 */
export interface VerifyImageResult {
  ImageId: string;
  Valid: boolean;
  /** What is not as the manifest has it, and what is wrong with signatures: a sentence each. */
  Problems: string[];
  /** The good signatures that count. */
  SignedBy: ManifestSignature[];
  /** Of all its volumes, zeros not among them. */
  BlockCount?: number;
  /** For this answer and those before it. */
  BlocksRead?: number;
  /** Of those that were read for this answer. */
  DamagedBlocks?: DamagedImageBlock[];
  NextToken?: string;
}

/** A block that is missing, or is not what it is named after; or a page of the map of blocks. */
export interface DamagedImageBlock {
  DeviceName: string;
  SnapshotId: string;
  Digest: string;
  /** Where in the volume it is, in blocks of 512 KiB; a page of the map has none. */
  BlockIndex?: number;
  Problem: string;
}

export interface SigningKey {
  KeyId: string;
  PublicKey: string;
  CreateDate: Date;
  /** It signs nothing any more; what it has signed stays signed. */
  RetireDate?: Date;
}

export type SigningKeysRequest = Record<string, never>;

/** Newest first. An account has none until something of it is signed. */
export interface SigningKeysResult {
  Keys: SigningKey[];
}

export type LaunchPolicyRequest = Record<string, never>;

export interface PutLaunchPolicyRequest {
  /** Accounts by their ids, or public keys as minisign has them; one of them has to have signed. */
  SignedBy: string[];
}

/** Empty: whatever may be launched otherwise is. */
export interface LaunchPolicyResult {
  SignedBy: string[];
}

export interface DescribeImageLineageRequest {
  ImageId: string;
}

/** From the first ancestor that the caller sees to the last descendant; parents come first. */
export interface DescribeImageLineageResult {
  Images: LineageImage[];
  /** There are more descendants than are told. */
  Truncated: boolean;
}

export interface LineageImage {
  ImageId: string;
  Name: string;
  Region: string;
  OwnerId: string;
  /** `deregistered` for one that is no more, else as DescribeImages has it. */
  State: string;
  SourceImageId?: string;
  CreateDate: Date;
  VolumeSizeGiB: number;
  /** What deleting it would free, when it was last measured. */
  ExclusiveBytes?: number;
  /** Of its manifest. */
  Sha256?: string;
  /** `deprecated`, `disabled`, `findings: 2 critical, 1 high`. */
  Warnings: string[];
  /** The same of its ancestors, with their ids. */
  InheritedWarnings: string[];
}

export interface ProvenanceInputs {
  GetImageManifest: ManifestRequest;
  SignImage: ManifestRequest;
  VerifyImage: VerifyImageRequest;
  DescribeSigningKeys: SigningKeysRequest;
  RotateSigningKey: SigningKeysRequest;
  GetLaunchPolicy: LaunchPolicyRequest;
  PutLaunchPolicy: PutLaunchPolicyRequest;
  DeleteLaunchPolicy: LaunchPolicyRequest;
  DescribeImageLineage: DescribeImageLineageRequest;
}

export interface ProvenanceOutputs {
  GetImageManifest: ManifestResult;
  SignImage: ManifestResult;
  VerifyImage: VerifyImageResult;
  DescribeSigningKeys: SigningKeysResult;
  RotateSigningKey: SigningKeysResult;
  GetLaunchPolicy: LaunchPolicyResult;
  PutLaunchPolicy: LaunchPolicyResult;
  DeleteLaunchPolicy: LaunchPolicyResult;
  DescribeImageLineage: DescribeImageLineageResult;
}
