/** A vendor's image that is not taken: trying again is no use. The message says what to do. */
export class VendorImageRefused extends Error {
  override name = 'VendorImageRefused';
}
