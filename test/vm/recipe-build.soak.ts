/**
 * A whole build of a recipe on `debian-12`: packages of Debian's archive, from where the provider's
 * image has them, and a reboot in between.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { assertBuilt, beginBuild, followBuild } from '../support/recipe-builds.ts';

let imago: ImagoProcess;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('debian-12') });
});
after(async () => {
  await imago?.dispose();
});

const data = `schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Install
        action: ExecuteBash
        maxAttempts: 3
        inputs:
          commands:
            - set -e
            - export DEBIAN_FRONTEND=noninteractive
            - apt-get update -q
            - apt-get install -qy --no-install-recommends nginx-light
      - name: Page
        action: CreateFile
        inputs: { path: /var/www/html/index.html, content: golden, permissions: "0644" }
      - name: Boots
        action: ExecuteBash
        inputs:
          commands:
            - cat /proc/sys/kernel/random/boot_id >> /var/lib/boots
            - if [ "$(wc -l < /var/lib/boots)" = 1 ]; then exit 194; fi
            - sort -u /var/lib/boots | wc -l
  - name: validate
    steps:
      - name: Twice
        action: Assert
        inputs: { numberEquals: 2, value: '{{ build.Boots.outputs.stdout }}' }
  - name: test
    steps:
      - name: Serves
        action: ExecuteBash
        maxAttempts: 10
        inputs:
          commands:
            - sleep 3
            - systemctl is-active nginx || exit 1
            - exec 3<> /dev/tcp/127.0.0.1/80
            - printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3
            - grep -q golden <&3
`;

test('debian-12: packages are installed, and what serves them is in the image', async () => {
  const arn = await beginBuild(imago, { parent: 'debian-12', instanceType: 't3.small', data });
  const log = await followBuild(imago, arn);
  assert.match(log, /nginx/);
  await assertBuilt(imago, arn, log);
});
