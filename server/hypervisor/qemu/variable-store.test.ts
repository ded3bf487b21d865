/** Stores of variables as bytes; that OVMF takes them, and what it writes, is uefi.test.ts's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UefiVariable } from '../../foundations/uefi-data.ts';
import { readVariableStore, withVariables } from './variable-store.ts';

const guid = Buffer.from('61dfe48bca93d211aa0d00e098032b8c', 'hex');
const storeBytes = 4096;

function template(): Buffer {
  const flash = Buffer.alloc(2 * storeBytes, 0xff);
  flash.fill(0, 0, 0x48);
  flash.write('_FVH', 40, 'latin1');
  flash.write('782cf3aa7b949a43a1802e144ec37792', 0x48, 'hex');
  flash.writeUInt32LE(storeBytes - 0x48, 0x58);
  return flash;
}

const variable = (name: string, text: string): UefiVariable => ({
  name,
  guid,
  attributes: 7,
  data: Buffer.from(text),
});
const first = 0x64;

test('variables are read as they were written, whatever their lengths', () => {
  const variables = ['a', 'ab', 'abc', 'abcd', ''].map((text, index) =>
    variable(`Name${'x'.repeat(index)}`, text),
  );
  const flash = withVariables(template(), variables);
  assert.equal(flash.length, template().length);
  assert.deepEqual(readVariableStore(flash), variables);
  assert.deepEqual(readVariableStore(withVariables(flash, [])), []);
});

test('of a variable that was replaced or is about to be the valid one is read', () => {
  const flash = withVariables(template(), [variable('A', 'old'), variable('A', 'new')]);
  flash[first + 2] = 0x3c;
  assert.deepEqual(readVariableStore(flash), [variable('A', 'new')]);
  flash[first + 2] = 0x3e;
  assert.deepEqual(readVariableStore(flash), [variable('A', 'new')]);
  const second = first + 60 + 4 + 4;
  flash[second + 2] = 0x7f;
  assert.deepEqual(readVariableStore(flash), [variable('A', 'old')]);
});

test('what has no room is refused, and hostile lengths are no store', () => {
  const large = variable('A', 'x'.repeat(storeBytes));
  assert.throws(() => withVariables(template(), [large]), RangeError);
  for (const at of [36, 40]) {
    const flash = withVariables(template(), [variable('A', 'text')]);
    flash.writeUInt32LE(0xffffffff, first + at);
    assert.equal(readVariableStore(flash), undefined);
  }
  const longer = template();
  longer.writeUInt32LE(0xffffffff, 0x58);
  for (const wrong of [longer, Buffer.alloc(0), Buffer.alloc(storeBytes)]) {
    assert.equal(readVariableStore(wrong), undefined);
  }
});
