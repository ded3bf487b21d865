/** Of what was written since somebody looks, what is not the end of what was written before. */
export function restAfter(past: Uint8Array, since: Uint8Array): Uint8Array {
  return since.subarray(sharedLength(past.subarray(-since.length || past.length), since));
}

/**
 * Of the longest end of `past` that `since` begins with. Each byte is looked at a few times at most,
 * whatever a guest repeats (Knuth, Morris and Pratt).
 */
function sharedLength(past: Uint8Array, since: Uint8Array): number {
  const shorter = new Uint32Array(since.length);
  const next = (shared: number, byte: number | undefined) => {
    let length = shared;
    while (length > 0 && since[length] !== byte) length = shorter[length - 1] ?? 0;
    return since[length] === byte ? length + 1 : length;
  };
  for (let end = 1; end < since.length; end++) {
    shorter[end] = next(shorter[end - 1] ?? 0, since[end]);
  }
  return past.reduce(next, 0);
}
