/**
 * For tests of pivots and of plugging: a QEMU, a guest and its agent that misbehave on demand, where
 * real ones cannot be made to. They keep the block graph of their disks and say what they were
 * asked; commands are answered one after the other, as QEMU does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { socketsFolder } from '../../foundations/home.ts';
import { silentLog } from '../../foundations/log.ts';
import { recordOf } from '../../foundations/process-record.ts';
import { deviceName, layerNode } from './block-graph.ts';
import { QemuMachine } from './machine.ts';

type Answer = Promise<unknown> | unknown;

export class FakeQemu implements AsyncDisposable {
  readonly instanceId = 'i-000000000000fa4e0';
  readonly folder: string;
  readonly volumeId = 'vol-000000000000fa4e0';
  machine!: QemuMachine;
  frozen = false;
  /** Connections of the agent's socket that are open now. */
  readonly agentConnections = new Set<Socket>();
  agentCommands: string[] = [];
  /** Before a command is carried out; what it throws is QEMU's refusal. */
  onTransaction: () => Answer = () => {};
  onFreeze: () => Answer = () => {};
  onThaw: () => Answer = () => {};
  /** What the guest has noted of its pause. */
  note: string | undefined;
  /** It has the hook of the provider's images. */
  endsFreezesItself = false;
  onDeviceAdd: () => Answer = () => {};
  onDeviceDel: () => Answer = () => {};
  onQomSet: () => Answer = () => {};
  /** Lets go of a disk when it is asked to; QEMU tells so in any case. */
  obedient = true;
  readonly #qmpTurns = new Turns();
  readonly #agentTurns = new Turns();
  #servers: Server[] = [];
  #process!: ChildProcess;
  /** Device -> the node that it writes to. */
  #tops = new Map([[deviceName(this.volumeId), layerNode(this.volumeId, 1)]]);
  #qmpSockets = new Set<Socket>();
  #nodes = new Map<string, { 'node-name': string; file: string; backing?: string }>();

  private constructor(folder: string) {
    this.folder = folder;
    for (const name of this.#tops.values()) this.#nodes.set(name, { 'node-name': name, file: '' });
  }

  static async start(): Promise<FakeQemu> {
    const folder = await mkdtemp(path.join(tmpdir(), 'im-fake-'));
    const fake = new FakeQemu(folder);
    const sockets = socketsFolder(folder, 2);
    await mkdir(sockets);
    await fake.#listen(path.join(sockets, 'qmp.sock'), (socket) => fake.#serveQmp(socket));
    await fake.#listen(path.join(sockets, 'qga.sock'), (socket) => fake.#serveAgent(socket));
    fake.#process = spawn(process.execPath, [
      ...['-e', 'setInterval(() => {}, 1000)', `guest=${fake.instanceId}`],
    ]);
    const record = recordOf(fake.#process.pid ?? 0);
    if (!record) throw new Error('no process');
    fake.machine = await QemuMachine.connect({
      instanceId: fake.instanceId,
      folder,
      process: { ...record, layout: 2 },
      log: silentLog,
      onChange: () => {},
    });
    return fake;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The file of a layer. */
  layer(number: number): { number: number; path: string } {
    return { number, path: path.join(this.folder, `${number}.qcow2`) };
  }

  /** Names of the block nodes that are open. */
  get nodes(): string[] {
    return [...this.#nodes.keys()];
  }

  /** Names of the devices that are there. */
  get devices(): string[] {
    return [...this.#tops.keys()];
  }

  topOf(volumeId: string): string | undefined {
    return this.#tops.get(deviceName(volumeId));
  }

  /** The guest lets go of a disk, asked or not. */
  letGo(volumeId: string): void {
    const device = deviceName(volumeId);
    if (!this.#tops.delete(device)) return;
    const event = { event: 'DEVICE_DELETED', data: { device } };
    for (const socket of this.#qmpSockets) socket.write(`${JSON.stringify(event)}\n`);
  }

  /** Records cannot be written from now on: their draft cannot be made. */
  async breakRecords(): Promise<void> {
    await mkdir(path.join(this.folder, '.pivot.json'));
    await writeFile(path.join(this.folder, '.pivot.json/in-the-way'), '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.machine?.close();
    this.#process?.kill('SIGKILL');
    for (const socket of this.agentConnections) socket.destroy();
    for (const server of this.#servers) server.close();
    await rm(this.folder, { recursive: true });
  }

  async #listen(socketPath: string, serve: (socket: Socket) => void): Promise<void> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      serve(socket);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  }

  #serveQmp(socket: Socket): void {
    this.#qmpSockets.add(socket);
    socket.on('close', () => this.#qmpSockets.delete(socket));
    const version = { qemu: { major: 7, minor: 2, micro: 22 } };
    socket.write(`${JSON.stringify({ QMP: { version, capabilities: [] } })}\n`);
    this.#qmpTurns.take(socket, async ({ execute, arguments: args, id }) => {
      const answer = await this.#qmp(execute, args).then(
        (result) => ({ return: result, id }),
        ({ message }: Error) => ({ error: { class: 'GenericError', desc: message }, id }),
      );
      if (!socket.destroyed) socket.write(`${JSON.stringify(answer)}\n`);
    });
  }

  async #qmp(command: string, args: Record<string, unknown>): Promise<unknown> {
    const qdev = (device: string) => `/machine/peripheral/${device}/virtio-backend`;
    switch (command) {
      case 'query-status':
        return { status: 'running' };
      case 'query-chardev':
        return [{ label: 'agent', 'frontend-open': true }];
      case 'query-block':
        return [...this.#tops].map(([device, top]) => ({
          qdev: qdev(device),
          inserted: { 'node-name': top, image: { 'virtual-size': 2 ** 30 } },
        }));
      case 'query-blockstats':
        return [...this.#tops].map(([device, top]) => ({
          qdev: qdev(device),
          ...this.#stats(top),
        }));
      case 'query-named-block-nodes':
        return [...this.#nodes.values()];
      case 'blockdev-add': {
        const name = String(args['node-name']);
        if (this.#nodes.has(name)) throw new Error(`Duplicate nodes with node-name='${name}'`);
        this.#nodes.set(name, { 'node-name': name, file: '' });
        return {};
      }
      case 'blockdev-del': {
        const name = String(args['node-name']);
        if ([...this.#tops.values()].includes(name)) throw new Error(`Node ${name} is in use`);
        if (!this.#nodes.delete(name)) throw new Error(`Failed to find node ${name}`);
        return {};
      }
      case 'transaction': {
        await this.onTransaction();
        const [{ data }] = args.actions as [{ data: { node: string; overlay: string } }];
        const overlay = this.#nodes.get(data.overlay);
        if (overlay) overlay.backing = data.node;
        this.#tops.set(deviceName(this.volumeId), data.overlay);
        return {};
      }
      case 'device_add': {
        await this.onDeviceAdd();
        const [device, top] = [String(args.id), String(args.drive)];
        if (this.#tops.has(device)) throw new Error(`Duplicate device ID '${device}'`);
        if (!this.#nodes.has(top)) throw new Error(`no node ${top}`);
        this.#tops.set(device, top);
        return {};
      }
      case 'device_del': {
        await this.onDeviceDel();
        const device = String(args.id);
        if (!this.#tops.has(device)) throw new Error(`Device '${device}' not found`);
        if (this.obedient) this.letGo(device.replace('v', 'vol-'));
        return {};
      }
      case 'qom-set': {
        await this.onQomSet();
        const device = String(args.path).split('/')[3] ?? '';
        this.#tops.set(device, String(args.value));
        return {};
      }
      default:
        return {};
    }
  }

  #stats(name: string | undefined): object | undefined {
    if (name === undefined) return undefined;
    return { 'node-name': name, backing: this.#stats(this.#nodes.get(name)?.backing) };
  }

  #serveAgent(socket: Socket): void {
    this.agentConnections.add(socket);
    socket.on('close', () => this.agentConnections.delete(socket));
    this.#agentTurns.take(socket, async ({ execute, arguments: args }) => {
      this.agentCommands.push(execute);
      const result = await this.#agent(execute, args);
      const mark = execute === 'guest-sync-delimited' ? '\xff' : '';
      if (result === undefined || socket.destroyed) return;
      const answer =
        result instanceof Error ? { error: { desc: result.message } } : { return: result };
      socket.write(Buffer.from(`${mark}${JSON.stringify(answer)}\n`, 'latin1'));
    });
  }

  /** Undefined: no answer; an error is answered as one. */
  async #agent(command: string, args: Record<string, unknown>): Promise<unknown> {
    switch (command) {
      case 'guest-sync-delimited':
        return args.id;
      case 'guest-exec':
        return { pid: 1 };
      case 'guest-exec-status':
        return { exited: true };
      case 'guest-fsfreeze-freeze':
        switch (await this.onFreeze()) {
          case 'silent':
            return undefined;
          case 'refused':
            return new Error('a hook failed');
        }
        this.frozen = true;
        return 1;
      case 'guest-fsfreeze-thaw':
        switch (await this.onThaw()) {
          case 'silent':
            return undefined;
          case 'refused':
            return new Error('not now');
        }
        try {
          return this.frozen ? 1 : 0;
        } finally {
          this.frozen = false;
        }
      case 'guest-file-open': {
        const isNote = args.path === '/run/fsfreeze-hook/pause';
        const isThere = isNote ? this.note !== undefined : this.endsFreezesItself;
        return isThere ? (isNote ? 1000 : 1001) : new Error('No such file or directory');
      }
      case 'guest-file-read':
        if (args.handle === 1001) return { 'buf-b64': Buffer.from('#').toString('base64') };
        if (this.note === 'silent') return undefined;
        return { 'buf-b64': Buffer.from(this.note ?? '').toString('base64') };
      default:
        return {};
    }
  }
}

interface Request {
  execute: string;
  arguments: Record<string, unknown>;
  id?: number;
}

/**
 * One after the other, whatever connections they come by: neither QEMU's monitor nor the agent has
 * threads.
 */
class Turns {
  #last: Promise<void> = Promise.resolve();

  take(socket: Socket, answer: (request: Request) => Promise<void>): void {
    socket.on('data', (bytes) => {
      for (const line of bytes.toString('latin1').replaceAll('\xff', '').trim().split('\n')) {
        this.#last = this.#last.then(() => answer(JSON.parse(line)));
      }
    });
  }
}
