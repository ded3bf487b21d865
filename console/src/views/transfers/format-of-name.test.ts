import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOfName, imageNameOf } from './format-of-name.ts';

test('an ending suggests a format where it is of one only', () => {
  assert.equal(formatOfName('debian-13.QCOW2'), 'QCOW2');
  assert.equal(formatOfName('a.b.ova'), 'OVA');
  for (const name of ['noble-server-cloudimg-amd64.img', 'disk', '.constructor', 'x.tar.gz']) {
    assert.equal(formatOfName(name), undefined);
  }
});

test('an image is called like its file, as far as EC2 lets it', () => {
  assert.equal(imageNameOf('debian-13.qcow2'), 'debian-13');
  assert.equal(imageNameOf('über “x”.img'), '-ber -x-');
  assert.equal(imageNameOf('a.raw'), 'a-image');
});
