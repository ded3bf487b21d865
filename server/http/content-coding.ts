/**
 * Bodies as Zstandard (`Content-Encoding: zstd`), for actions that say so: those of requests are
 * announced by `Accept-Encoding` in what the service answers (RFC 7694), those of answers are for
 * who asks for them by the same header. What is signed, and what is limited, is what is on the wire.
 */
import { ServiceError } from '../../api/service-error.ts';
import { packed, UnpackError, unpacked, zstdCoding } from '../foundations/zstd.ts';
import { type Answer, isAsyncIterable, type RequestBody } from '../protocol/protocol.ts';

type Headers = Readonly<Record<string, string>>;

export const takesZstd = { 'accept-encoding': zstdCoding };

export function isZstd(headers: Headers): boolean {
  return headers['content-encoding'] === zstdCoding;
}

export function wantsZstd(headers: Headers): boolean {
  const codings = (headers['accept-encoding'] ?? '').split(',');
  return codings.some((coding) => /^\s*zstd\s*(;\s*q=(1|0?\.0*[1-9])|$)/.test(coding));
}

/** Read to its end, and no further than that, before the first byte is given. */
export async function* unpackedBody(
  body: RequestBody,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const parts = isAsyncIterable(body) ? await Array.fromAsync(body) : [body];
  try {
    yield await unpacked(Buffer.concat(parts), maxBytes);
  } catch (error) {
    if (!(error instanceof UnpackError)) throw error;
    const what = `The body is no Zstandard of ${maxBytes} bytes at most: ${error.message}.`;
    throw new ServiceError('InvalidParameterValue', what);
  }
}

/** As it is, where it would not be shorter. */
export async function packedAnswer(answer: Answer): Promise<Answer> {
  const whole = Buffer.concat(await Array.fromAsync(answer.body));
  const frame = await packed(whole);
  if (!frame) return { ...answer, body: [whole] };
  const headers = { ...answer.headers, 'content-encoding': zstdCoding };
  return { ...answer, headers, body: [frame] };
}
