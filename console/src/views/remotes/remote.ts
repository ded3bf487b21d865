/** A remote as the API tells of it, in words. */
import type { Output } from '../../api/wire.ts';
import { bytes } from '../../parts/format.ts';
import { remotesText as text } from '../../text/remotes.ts';

export type Remote = Output<'imago', 'DescribeRemotes'>['Remotes'][number];

export const whereWords = ({ Endpoint, Region }: Remote) =>
  Endpoint === undefined ? text.aws(Region) : text.imago(Endpoint, Region);

export const sendsWords = ({ SendTags }: Remote) =>
  SendTags.length === 0
    ? text.nothing
    : text.withTag(SendTags.map(({ Key, Value }) => `${Key}=${Value}`).join(', '));

export const rateWords = ({ BytesPerSecond }: Remote) =>
  BytesPerSecond === undefined ? text.unlimited : text.rate(bytes(BytesPerSecond));
