import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemOf } from './system.ts';

const named = (Name: string, Description = '') =>
  systemOf({ Name, Description, PlatformDetails: 'Linux/UNIX' }).name;

test('a system is told by the name of the image, else by what is said of it', () => {
  assert.equal(named('debian-13-amd64-20261125'), 'Debian');
  assert.equal(named('ubuntu/images/hvm-ssd/ubuntu-noble-24.04-amd64-server'), 'Ubuntu');
  assert.equal(named('Fedora-Cloud-Base-42'), 'Fedora');
  assert.equal(named('AlmaLinux9'), 'AlmaLinux');
  assert.equal(named('web', 'nginx on Debian 12'), 'Debian');
  assert.equal(named('imago-micro-amd64', 'a small Linux of Debian 12 packages'), 'Imago micro');
  assert.equal(named('al2023-ami-2023.5'), 'Amazon Linux');
});

test('nothing is guessed of an image that does not tell', () => {
  assert.equal(named('golden'), 'Linux');
  assert.equal(named('archive-of-microservices'), 'Linux');
  assert.equal(systemOf({ Name: 'x', PlatformDetails: 'Windows' }).name, 'Windows');
});
