/**
 * How the file of an image comes on the WebSocket of DownloadImage, byte by byte: records, one after
 * the other, whatever the frames; numbers are unsigned and big-endian. The client says nothing, and
 * leaves when it wants no more.
 *
 *   1   position (8), length (4), bytes     written there; what is never written is zeros
 *   2   length (8)                          the file is so long
 *   3   done (8), of (8)                    bytes of the disk that were gone through
 *   4   SHA-256 (32)                        of all that came before; the file is whole
 *   5   length (4), UTF-8                   why there will be no more
 */
export const imageFile = {
  kinds: { bytes: 1, length: 2, progress: 3, end: 4, failed: 5 },
  /** Of the bytes of a record. */
  recordMaxBytes: 4 * 1024 ** 2,
  digestBytes: 32,
} as const;
