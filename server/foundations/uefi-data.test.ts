import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { crc32c, decodeUefiData, encodeUefiData, type UefiVariable } from './uefi-data.ts';

const guid = Buffer.from('61dfe48bca93d211aa0d00e098032b8c', 'hex');
const variables: UefiVariable[] = [
  { name: 'BootOrder', guid, attributes: 7, data: Buffer.from([0, 0, 1, 0]) },
  { name: 'Größe', guid, attributes: 7, data: Buffer.alloc(0) },
  { name: 'PK', guid, attributes: 0x27, data: Buffer.from('key'), timestamp: Buffer.alloc(16, 3) },
];

/** The blob around a stream. */
function around(stream: Buffer, version = 0): Buffer {
  const checked = Buffer.concat([Buffer.alloc(4, version), stream]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32c(checked));
  return Buffer.concat([Buffer.from('AMZNUEFI'), crc, checked]);
}

test('the checksum is the CRC32C of RFC 3720', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
});

test('variables are the same after they were encoded and decoded', () => {
  const blob = encodeUefiData(variables);
  assert.equal(blob.toString('latin1', 0, 8), 'AMZNUEFI');
  assert.deepEqual(decodeUefiData(blob), variables);
  assert.deepEqual(decodeUefiData(encodeUefiData([])), []);
});

test('what is damaged, cut, too large or of another kind is refused', () => {
  const blob = encodeUefiData(variables);
  for (let at = 0; at < blob.length; at++) {
    const damaged = Buffer.from(blob);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    assert.throws(() => decodeUefiData(damaged), { name: 'UefiDataError' }, `byte ${at}`);
  }
  const many = Buffer.alloc(8, 0xff);
  for (const wrong of [
    blob.subarray(0, 20),
    Buffer.alloc(0),
    around(deflateSync(Buffer.alloc(8)), 1),
    around(deflateSync(Buffer.alloc(4))),
    around(deflateSync(many)),
    around(deflateSync(Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), many]))),
    around(deflateSync(Buffer.alloc(1024 * 1024))),
    around(deflateSync(Buffer.alloc(8), { dictionary: Buffer.from('BootOrder') })),
    around(Buffer.from('no zlib')),
  ]) {
    assert.throws(() => decodeUefiData(wrong), { name: 'UefiDataError' });
  }
});
