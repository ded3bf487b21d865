/**
 * A GET from a vendor or a mirror: redirects are followed a few times and never into another
 * scheme, bodies come as they are, and small files have a bound. What does not answer is the
 * caller's to try again.
 */
import { VendorImageRefused } from './refused.ts';

const redirectsMax = 5;
const redirectStatuses = [301, 302, 303, 307, 308];

export interface GetOptions {
  signal: AbortSignal;
  headers?: Record<string, string>;
}

/** Another status than the caller can use. */
export class UnexpectedStatus extends Error {
  override name = 'UnexpectedStatus';
}

export async function get(address: URL, { signal, headers }: GetOptions): Promise<Response> {
  let url = address;
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    const response = await fetch(url, {
      redirect: 'manual',
      signal,
      // Offsets are those of the bytes as they are.
      headers: { 'accept-encoding': 'identity', 'user-agent': 'imago', ...headers },
    });
    if (!redirectStatuses.includes(response.status)) return plain(url, response);
    await response.body?.cancel();
    const next = URL.parse(response.headers.get('location') ?? '', url.href);
    if (!next || next.protocol !== url.protocol) {
      throw new VendorImageRefused(
        `${url.href} leads to ${next?.href ?? 'no address'}, which is not ${url.protocol}//: name another mirror with --from.`,
      );
    }
    url = next;
  }
  throw new VendorImageRefused(`${address.href} leads on and on: name another mirror with --from.`);
}

function plain(url: URL, response: Response): Response {
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  if (encoding === 'identity') return response;
  throw new VendorImageRefused(
    `${url.href} comes encoded (${encoding}), unasked: name another mirror with --from.`,
  );
}

/** A small file as a whole. */
export async function getSmall(url: URL, maxBytes: number, options: GetOptions): Promise<Buffer> {
  const response = await get(url, options);
  if (response.status !== 200) throw await unexpected(url, response);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) throw new VendorImageRefused(`${url.href} is over ${maxBytes} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** What is not there is not there the next time; what is busy may answer. */
export async function unexpected(url: URL, response: Response): Promise<Error> {
  await response.body?.cancel();
  const { status } = response;
  if (status >= 500 || status === 408 || status === 429) {
    return new UnexpectedStatus(`${url.href} answers ${status}`);
  }
  return new VendorImageRefused(
    `${url.href} answers ${status}: the vendor has it no more, or a mirror has not. Name another mirror with --from; a newer Imago may know where it is.`,
  );
}
