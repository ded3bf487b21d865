/** Accounts, their access keys and what they set for themselves. */
import type { Severity } from './image.ts';
import type { MetadataOptions } from './instance.ts';
import type { Row } from './row.ts';

export interface AccountRow extends Row {
  /** Twelve digits. */
  id: string;
  name: string;
  /** ImageOwnerAlias that images of this account carry, such as `amazon`. */
  alias?: string;
  /** Of whoever runs this Imago: asks for what concerns the whole of it. */
  operator?: true;
  /** Its keys are good for nothing; what it has stays as it is. */
  disabled?: true;
  /** Where it is in an organization: `o-…/r-…`, then a unit `ou-…` in a unit. Absent: in none. */
  organizationPath?: string;
  createdAt: string;
}

export interface CredentialRow extends Row {
  /** Access key id. */
  id: string;
  account: string;
  /** Plain: SigV4 needs it. The catalog file is 0600. */
  secretAccessKey: string;
  /** AWS calls it inactive: as good as none until it is active again. */
  disabled?: true;
  createdAt: string;
}

/** Temporary credentials: a key, good together with its token until it expires or its parent ends. */
export interface SessionRow extends Row {
  /** Access key id, of AWS's form of temporary ones. */
  id: string;
  account: string;
  /** The access key that asked for it. */
  parent: string;
  /** Plain, as those of access keys are. */
  secretAccessKey: string;
  sessionToken: string;
  createdAt: string;
  expiresAt: string;
  /** Good for one thing, once: to be exchanged for a session (SignIn). */
  signIn?: true;
}

/**
 * What an account has set in a region: one row each, made when the first of it is set. `id` is
 * `account/region`.
 */
export interface AccountSettingsRow extends Row, AccountSettings {
  account: string;
  region: string;
}

/** Absent is what was never set. */
export interface AccountSettings {
  /** Whether images may become public; absent: they may. */
  imageBlockPublicAccess?: 'block-new-sharing' | 'unblocked';
  /** Whether snapshots are, and may become, public; absent: both. */
  snapshotBlockPublicAccess?: 'block-all-sharing' | 'block-new-sharing' | 'unblocked';
  /** What is made of the criteria for others' images; absent: nothing. */
  allowedImagesState?: 'enabled' | 'audit-mode';
  allowedImagesCriteria?: AllowedImagesCriterion[];
  /** Volumes and copies of snapshots are encrypted, whatever is asked for. */
  ebsEncryptionByDefault?: true;
  /** Of the account's own; absent: `alias/aws/ebs`. */
  ebsDefaultKeyId?: string;
  /** What launches that do not say otherwise get. */
  metadataDefaults?: MetadataDefaults;
  /** Accounts and public keys of minisign: one has to have signed what is launched. */
  launchSigners?: string[];
}

/** An image meets it when it meets all that is there. */
export interface AllowedImagesCriterion {
  /** Aliases, accounts, or `none` alone. */
  imageProviders?: string[];
  imageNames?: string[];
  productCodes?: string[];
  maxDaysSinceCreated?: number;
  /** 0: it is not deprecated. */
  maxDaysSinceDeprecated?: number;
  /** An image with a watermark that meets one of these. */
  watermarks?: WatermarkCriterion[];
  /** An image that was checked, with this outcome. */
  scan?: ScanCriterion;
}

/** Of one watermark, all that is there; key and region may have wildcards. */
export interface WatermarkCriterion {
  key?: string;
  sourceImageRegion?: string;
  maxDaysSinceSourceCreated?: number;
  maxDaysSinceAttached?: number;
}

export interface ScanCriterion {
  maxDaysSinceScan?: number;
  maximumSeverity?: Severity;
  /** Of findings of each severity, since the first of them. */
  maxDaysSinceFix: Partial<Record<Severity, number>>;
}

export interface MetadataDefaults extends Partial<MetadataOptions> {
  /** No instance may be asked without a token. */
  httpTokensEnforced?: 'enabled' | 'disabled';
}
