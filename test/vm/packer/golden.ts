/** What Packer makes by the template of its guide: the template, and a package to be installed. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../../support/imago.ts';

/** As a user copies it. */
export function templateOfGuide(folder: string): string {
  const guide = readFileSync(path.join(repository, 'docs/guides/packer.md'), 'utf8');
  const file = path.join(folder, 'golden.pkr.hcl');
  writeFileSync(file, /```hcl\n(.*?)```/s.exec(guide)?.[1] ?? '');
  return file;
}

/** A package with one program, `golden`. */
export async function ownPackage(folder: string): Promise<string> {
  const root = path.join(folder, 'package');
  mkdirSync(path.join(root, 'DEBIAN'), { recursive: true });
  mkdirSync(path.join(root, 'usr/bin'), { recursive: true });
  const control = {
    Package: 'golden',
    Version: '1.0',
    Architecture: 'all',
    Maintainer: 'Tests <tests@localhost>',
    Description: 'says that it is there',
  };
  const lines = Object.entries(control).map(([name, value]) => `${name}: ${value}\n`);
  writeFileSync(path.join(root, 'DEBIAN/control'), lines.join(''));
  writeFileSync(path.join(root, 'usr/bin/golden'), '#!/bin/sh\necho golden\n', { mode: 0o755 });
  const file = `${root}.deb`;
  await promisify(execFile)('dpkg-deb', ['--root-owner-group', '--build', root, file]);
  return file;
}
