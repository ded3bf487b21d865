/**
 * The README's commands, as a reader would type them one after the other: each line of its blocks
 * under "Use it" and the two parts after it is run by a shell with Debian's aws-cli, and has to
 * succeed. `micro` takes the place of Debian, and what needs a guest, a person or a newer aws-cli is
 * left out by name.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { debianClient } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, repository } from '../support/imago.ts';

let imago: ImagoProcess;
before(async () => {
  const home = await homeWith('micro');
  const regions = ['us-east-1', 'eu-west-1'];
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home, regions });
});
after(async () => {
  await imago?.dispose();
});

const leftOut = [
  /^bin\/imago (serve|images build)/, // is done already
  /^bin\/imago images pull/, // asks its vendor, out in the world
  /^bin\/imago images import/, // of a disk file of the reader's
  /^bin\/imago doctor/, // ends with 1 where this machine lacks something
  /^bin\/imago (console|ssh)/,
  /^aws ec2 enable-image-block-public-access/, // of aws-cli 2.13
];

/** Those of a part of the README, lines that go on put together. */
function commandsUnder(title: string): string[] {
  const readme = readFileSync(path.join(repository, 'README.md'), 'utf8');
  const part = readme.split(/^## /m).find((each) => each.startsWith(`${title}\n`)) ?? '';
  const blocks = [...part.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  // Those of another language than the shell say so.
  const ofShell = blocks.flatMap(([, language, block = '']) => (language ? [] : block));
  return ofShell
    .join('')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
}

test('what the README says to type is done', async () => {
  const commands = ['Use it', 'Four kinds of image', 'Back up, and prove it'].flatMap(
    commandsUnder,
  );
  for (const pattern of leftOut) {
    assert.ok(
      commands.some((line) => pattern.test(line)),
      `${pattern} leaves nothing out`,
    );
  }
  const kept = commands.filter((line) => !leftOut.some((pattern) => pattern.test(line)));
  assert.ok(kept.length > 20, kept.join('\n'));
  const script = kept
    .join('\n')
    .replaceAll('debian-12-amd64-*', 'imago-micro-*')
    .replaceAll('/aws/service/debian/release/12/', '/aws/service/imago/micro/');
  const older = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }';
  const command = [
    'set -eux',
    `ln -s "${repository}/bin" bin`,
    older,
    script,
    'test "$image" != None; test -s me.pem',
  ].join('\n');
  const environment = { IMAGO_HOME: imago.home };
  const words = ['-c', `cd "$(mktemp -d -p "$HOME")"; ${command}`];
  const printed = await debianClient(imago, 'bash', words, { environment });
  assert.match(printed, /^ami-\w+\tgolden-\w+$/m, 'the product of the marketplace');
  assert.match(printed, /^\/aws\/service\/imago\/web\/latest\/amd64\tami-\w+$/m);
});
