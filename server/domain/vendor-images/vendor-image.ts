/**
 * An entry of the catalogue of vendors' cloud images, as data: where the vendor has it, and whose
 * signature it must bear. All are qcow2 for x86_64, as every vendor has them. How they are fetched
 * and verified is server/vendor-images.
 */
export interface VendorImage {
  /** What it is pulled as, and becomes a version of. */
  name: string;
  title: string;
  /** Address of the folder that all its files are in; it ends with a slash. */
  folder: string;
  file: string;
  /** The file that says the checksum: `hash  file`, `SHA256 (file) = hash`, or of one file alone. */
  checksums: string;
  /** Absent: the vendor signs nothing of it. */
  signature?: VendorSignature;
  /** Instead of a signature: what else there is to do. */
  instead?: string;
  /** Whom the image's cloud-init makes. */
  user: string;
  /** Drivers of EC2's network devices that its kernel has. */
  enaSupport?: true;
  sriovNetSupport?: 'simple';
}

export interface VendorSignature {
  /** What is signed: the checksums, in which case they name the image; or the image itself. */
  of: 'checksums' | 'image';
  /** A detached one; absent: the checksums are clearsigned. */
  file?: string;
  /**
   * Of primary keys, one of which must have signed. Empty: not known for certain, the keyring that
   * the operator gives says whose key it is.
   */
  fingerprints: readonly string[];
  /** Where Debian and Ubuntu have the key. */
  keyring?: { file: string; package: string };
}
