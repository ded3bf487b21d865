/**
 * What the control plane may ask of the data plane, over run/data-plane/data-plane.sock. Calls wait
 * for the guests on record: the socket is there before they are loaded.
 *
 *   GET /status          {instances, blockCacheBytes}
 *   GET /traffic         instance id -> what went through its card
 *   PUT /guests/ID       read that guest's file (again)
 *   DELETE /guests/ID    stop serving that guest
 *   PUT /keys            {secrets}, base64: seal keys are made of them
 *   GET /guests/ID/ssh   {answers}: whether the SSH server of that guest, which is isolated, does
 *   GET /guests/ID/console, upgraded: its serial console, both ways
 */
import type { AnswerCall, AnswerUpgrade, ProcessStatus } from '../processes/control-socket.ts';
import type { Guests } from './guests.ts';
import type { SealKeys } from './seal-keys.ts';

export interface DataPlaneStatus extends ProcessStatus {
  instances: ReturnType<Guests['status']>;
  /** At most, of all threads together. */
  blockCacheBytes: number;
}

export function answerCalls(
  loading: Promise<Guests>,
  { keys, blockCacheBytes }: { keys: SealKeys; blockCacheBytes: number },
): AnswerCall {
  return async (method, resource, body) => {
    // Guests that are being loaded may wait for them.
    if (method === 'PUT' && resource === '/keys') {
      const { secrets } = body as { secrets: string[] };
      for (const secret of secrets) keys.give(Buffer.from(secret, 'base64'));
      return {};
    }
    const guests = await loading;
    const instanceId = /^\/guests\/([^/]+)$/.exec(resource)?.[1];
    if (method === 'PUT' && instanceId) {
      await guests.load(instanceId);
      return {};
    }
    if (method === 'DELETE' && instanceId) {
      await guests.unload(instanceId);
      return {};
    }
    const dialed = /^\/guests\/([^/]+)\/ssh$/.exec(resource)?.[1];
    if (method === 'GET' && dialed) return { answers: await guests.answersSsh(dialed) };
    if (method === 'GET' && resource === '/status') {
      return { instances: guests.status(), blockCacheBytes };
    }
    if (method === 'GET' && resource === '/traffic') return guests.traffic();
    return undefined;
  };
}

export function answerUpgrades(guests: Guests): AnswerUpgrade {
  return (resource) => {
    const instanceId = /^\/guests\/([^/]+)\/console$/.exec(resource)?.[1];
    const serialConsole = instanceId && guests.console(instanceId);
    if (!serialConsole) return undefined;
    return (connection) => {
      if (!serialConsole.join(connection)) connection.destroy();
    };
  };
}
