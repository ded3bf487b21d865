import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeFrame,
  FrameReader,
  FrameTooLongError,
  frameMaxBytes,
  lengthBytes,
} from './frames.ts';

const frames = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(1514, 7), Buffer.from('four')];
const stream = Buffer.concat(frames.map(encodeFrame));

function collect() {
  const read: Buffer[] = [];
  const reader = new FrameReader((buffer, start, end) => {
    assert.equal(buffer.readUInt32BE(start - lengthBytes), end - start);
    read.push(Buffer.from(buffer.subarray(start, end)));
  });
  return { read, reader };
}

test('frames come out whole, however the stream is cut', () => {
  for (let size = 1; size <= stream.length; size += size < 20 ? 1 : 97) {
    const { read, reader } = collect();
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    assert.deepEqual(read, frames, `pieces of ${size}`);
  }
});

test('whole frames of a chunk lie side by side in it', () => {
  const ends: number[] = [];
  const reader = new FrameReader((buffer, start, end) => {
    assert.equal(buffer, stream);
    assert.equal(start - lengthBytes, ends.at(-1) ?? 0);
    ends.push(end);
  });
  reader.push(stream);
  assert.equal(ends.at(-1), stream.length);
});

test('a length beyond what QEMU sends is refused before anything is kept for it', () => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(frameMaxBytes + 1);
  assert.throws(() => collect().reader.push(header), FrameTooLongError);
  const { reader } = collect();
  reader.push(header.subarray(0, 2));
  assert.throws(() => reader.push(header.subarray(2)), FrameTooLongError);
});
