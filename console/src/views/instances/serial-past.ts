/** Of what was written since somebody looks, what is not the end of what was written before. */
export function restAfter(past: Uint8Array, since: Uint8Array): Uint8Array {
  for (let both = Math.min(past.length, since.length); both > 0; both--) {
    const begin = past.length - both;
    if (since.subarray(0, both).every((byte, index) => byte === past[begin + index])) {
      return since.subarray(both);
    }
  }
  return since;
}
