/**
 * Whether what is at the other end of a connection begins as an SSH server does (RFC 4253, 4.2): with
 * a line `SSH-2.0-…`, before which it may say others. The guest is taken for hostile: bytes, lines
 * and time are bounded, and nothing of what it says is kept. It deliberately says nothing itself.
 */
import type { Readable } from 'node:stream';

/** The RFC's is 255 for a line; the lines before it are an administrator's. */
const bytesMax = 8 * 1024;
/** A guest that is emulated, on a busy host, forks for it. */
const bannerMs = 8000;

/** 1.99 is that of a server that speaks 2.0, too. */
const banner = /^SSH-(2\.0|1\.99)-[\x20-\x7e]{1,246}\r?$/;

/** The connection is gone then. */
export async function saysSsh(connection: Readable, timeoutMs = bannerMs): Promise<boolean> {
  const timer = setTimeout(() => connection.destroy(), timeoutMs);
  let bytes = 0;
  let line = '';
  try {
    for await (const chunk of connection as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) return false;
      const lines = (line + chunk.toString('latin1')).split('\n');
      line = lines.pop() ?? '';
      const own = lines.find((each) => each.startsWith('SSH-'));
      if (own !== undefined) return banner.test(own);
    }
  } catch {
    // Reset, or too late.
  } finally {
    clearTimeout(timer);
    connection.destroy();
  }
  return false;
}
