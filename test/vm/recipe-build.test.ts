/**
 * A whole build of a recipe on `micro`, by the official client: a component changes a machine while
 * Imago is killed and started again, the image that it becomes passes its test on a machine of its
 * own, and nothing of the build is in it, nor what a daemon says when the machine shuts down.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GetImageCommand } from '@aws-sdk/client-imagebuilder';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { assertBuilt, beginBuild, followBuild, imageBuilder } from '../support/recipe-builds.ts';
import { until } from '../support/until.ts';

/** A guest boots, emulated, on a host that may be busy. */
const buildingLimitMs = 180_000;

let imago: ImagoProcess;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
});
after(async () => {
  await imago?.dispose();
});

const data = `schemaVersion: 1.0
parameters:
  - Colour:
      type: string
phases:
  - name: build
    steps:
      - name: Create
        action: CreateFile
        inputs: [{ path: /etc/golden, content: "it's {{ Colour }}\\n", permissions: "0640" }]
      - name: Daemon
        action: CreateFile
        inputs:
          - path: /usr/lib/daemon
            content: |
              exec 3>> /var/log/open.log
              trap 'for log in late new; do echo bye >> /var/log/$log.log; done; echo bye >&3; exit' TERM
              while :; do sleep 1 & wait $!; done
      - name: Script
        action: ExecuteBash
        inputs:
          commands:
            - mkdir -p /root/.ssh && echo ssh-ed25519 AAAA > /root/.ssh/authorized_keys
            - echo secret > /root/.ash_history
            - echo once >> /var/lib/times
            - echo first > /var/log/late.log
            - chmod 0640 /var/log/late.log
            - echo 2 > /proc/sys/fs/protected_regular && mkdir /var/log/group && chmod 3775 /var/log/group
            - echo one > /var/log/group/one.log && chown 1000 /var/log/group/one.log
            - setsid sh /usr/lib/daemon < /dev/null > /dev/null 2>&1 &
            - cat /etc/golden
  - name: validate
    steps:
      - name: Golden
        action: Assert
        inputs:
          and:
            - stringEquals: it's golden
              value: '{{ build.Script.outputs.stdout }}'
            - patternMatches: '^it.s g\\w+$'
              value: '{{ build.Script.outputs.stdout }}'
  - name: test
    steps:
      - name: There
        action: ExecuteBash
        inputs:
          commands:
            - set -e
            - grep golden /etc/golden
            - test "$(cat /var/lib/times)" = once
            - test ! -e /root/.ssh/authorized_keys
            - test ! -e /root/.ash_history
            - test ! -s /var/log/open.log && test ! -e /var/log/new.log
            - test "$(stat -c '%a %s' /var/log/late.log)" = '640 0'
            - test "$(stat -c '%u %s' /var/log/group/one.log)" = '1000 0'
`;

test('micro: a recipe is built, tested, and clean, although Imago is killed meanwhile', async () => {
  const parameters = { Colour: 'golden' };
  const recipe = { parent: 'imago-micro', instanceType: 't3.nano', data, parameters };
  const arn = await beginBuild(imago, recipe);
  const isBuilding = async () => {
    const { image } = await imageBuilder(imago).send(
      new GetImageCommand({ imageBuildVersionArn: arn }),
    );
    return image?.state?.status === 'BUILDING';
  };
  await until('its machine is launched', isBuilding, buildingLimitMs);
  await imago.kill();
  await imago.start();
  const log = await followBuild(imago, arn);
  assert.match(log, /it's golden/);
  await assertBuilt(imago, arn, log);
});
