/**
 * That the driver lets others in while it looks at many instances, of which each answers at once.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Catalog } from '../catalog/catalog.ts';
import type { Host } from '../host/host.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { authorizeSecurityGroupIngress } from '../operations/ec2/security-groups/AuthorizeSecurityGroupIngress.ts';
import { TestImago, withFaults } from '../tasks/test-imago.ts';

const count = 100;
/** Fewer than there are instances; each look reads several times. */
const callsMax = count / 2;

let imago: TestImago;
let turn = 0;
let turns: NodeJS.Immediate;
/** Of each turn of the event loop: how often the driver called host and catalog. */
const calls = new Map<number, number>();
const looked = new Set<string>();

const note = () => calls.set(turn, (calls.get(turn) ?? 0) + 1);
const wrapHost = withFaults<Host>((host) => ({
  status: (instanceId) => {
    note();
    return host.status(instanceId);
  },
  thaw: (instanceId) => {
    looked.add(instanceId);
    return host.thaw(instanceId);
  },
}));
const wrapCatalog = withFaults<Catalog>((catalog) => ({
  read: (work) => {
    note();
    return catalog.read(work);
  },
}));

before(async () => {
  const nextTurn = () => {
    turn++;
    turns = setImmediate(nextTurn);
  };
  nextTurn();
  imago = await TestImago.start();
  const ImageId = (await imago.image()).id;
  await imago.call(runInstances, { ImageId, MinCount: count, MaxCount: count });
  await imago.until('all run', async () => {
    const where = { state: 'running' };
    return (await imago.catalog.read(({ instances }) => instances.count({ where }))) === count;
  });
});
beforeEach(async () => {
  calls.clear();
  looked.clear();
  await imago.restart({ wrapHost, wrapCatalog });
});
after(async () => {
  clearImmediate(turns);
  await imago[Symbol.asyncDispose]();
});

async function mostCalls(): Promise<number> {
  await imago.until('all were looked at', async () => looked.size === count);
  return Math.max(...calls.values());
}

test('at a start, and in the round after it', async () => {
  assert.ok((await mostCalls()) <= callsMax);
});

test('when the group of all of them changes', async () => {
  await mostCalls();
  calls.clear();
  looked.clear();
  const { account, region } = imago.context().caller;
  const [group] = await imago.catalog.read(({ securityGroups }) =>
    securityGroups.list({ where: { account, region } }),
  );
  await imago.call(authorizeSecurityGroupIngress, {
    GroupId: group?.id,
    IpPermissions: [
      { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    ],
  });
  assert.ok((await mostCalls()) <= callsMax);
});
