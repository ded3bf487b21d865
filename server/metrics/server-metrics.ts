/**
 * Figures of this Imago for Prometheus: of requests and tasks as they come, of everything else as
 * it is when it is asked for. Named as OpenTelemetry's semantic conventions have it, where they say
 * something, in Prometheus' spelling. Instances' own are instance-metrics.ts.
 */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Catalog, CatalogReader } from '../catalog/catalog.ts';
import type { InstanceState } from '../catalog/rows/instance.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import type { GarbageCollector } from '../collection/garbage-collector.ts';
import type { Scrubber } from '../collection/scrubber.ts';
import { unfinishedStates } from '../domain/tasks.ts';
import type { Host } from '../host/host.ts';

/** Attributes of `http.server.request.duration`, and those that name what is called. */
const requestLabels = [
  ...(['http_request_method', 'url_scheme', 'rpc_service', 'rpc_method'] as const),
  ...(['http_response_status_code', 'error_type'] as const),
] as const;
/** Others are their senders' invention. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);
/** OpenTelemetry's advice for the duration of requests. */
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** A capture takes seconds, the build of an image many minutes. */
const taskBuckets = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600];
/** How often lateness of the event loop is looked for. */
const loopPrecisionMs = 20;

const instanceStates = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
  'terminated',
] as const satisfies readonly InstanceState[];

export interface ServerMetricsOptions {
  catalog: Catalog;
  host: Pick<Host, 'measure'>;
  garbage: Pick<GarbageCollector, 'usage'>;
  scrubber: Pick<Scrubber, 'archives' | 'describe'>;
  copies: readonly { describe(): CopyFigures }[];
  hostId: string;
  taskKinds: readonly string[];
  /** Whose actions requests may name: others are their senders' invention. */
  services: readonly { model: { service: string }; operations: object }[];
}

/** Of a second store, as recovery/store-copy.ts tells them. */
export interface CopyFigures {
  folder: string;
  completeAsOf?: string;
  catalogAt?: string;
  verified?: { damage: readonly unknown[] };
}

export interface RequestFigures {
  method: string;
  service?: string;
  action?: string;
  /** Of an error. */
  code?: string;
  status: number;
  tookMs: number;
}

export class ServerMetrics {
  readonly #options: ServerMetricsOptions;
  readonly #registry = new Registry();
  readonly #requests: Histogram;
  readonly #tasks: Histogram;
  readonly #actions: ReadonlySet<string>;
  #reading: Promise<string> | undefined;

  constructor(options: ServerMetricsOptions) {
    this.#options = options;
    this.#actions = new Set(
      options.services.flatMap(({ model, operations }) =>
        Object.keys(operations).map((action) => `${model.service}.${action}`),
      ),
    );
    const registers = [this.#registry];
    this.#requests = new Histogram({
      name: 'http_server_request_duration_seconds',
      help: 'Duration of API requests, by service, action and status.',
      labelNames: requestLabels,
      buckets: requestBuckets,
      registers,
    });
    this.#tasks = new Histogram({
      name: 'imago_task_duration_seconds',
      help: 'From the order of a task to its end, by kind and how it ended.',
      labelNames: ['imago_task_kind', 'imago_task_state'],
      buckets: taskBuckets,
      registers,
    });
    this.#collectRows(registers);
    this.#collectRoom(registers);
    this.#collectCopies(registers);
    collectDefaultMetrics({
      register: this.#registry,
      eventLoopMonitoringPrecision: loopPrecisionMs,
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All of it as text; who asks meanwhile gets the same. */
  read(): Promise<string> {
    this.#reading ??= this.#registry.metrics().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  request(figures: RequestFigures): void {
    const { method, service = '', action = '', code = '', status, tookMs } = figures;
    const isKnown = this.#actions.has(`${service}.${action}`);
    const labels: Record<(typeof requestLabels)[number], string | number> = {
      http_request_method: methods.has(method) ? method : '_OTHER',
      // With TLS it is a proxy before Imago that is asked.
      url_scheme: 'http',
      rpc_service: isKnown ? service : '',
      rpc_method: isKnown ? action : '',
      http_response_status_code: status,
      // What is the sender's mistake is none of the server's.
      error_type: status >= 500 ? code : '',
    };
    this.#requests.observe(labels, tookMs / 1000);
  }

  taskEnded({ kind, state, createdAt, finishedAt = createdAt }: TaskRow): void {
    const labels = { imago_task_kind: kind, imago_task_state: state };
    this.#tasks.observe(labels, (Date.parse(finishedAt) - Date.parse(createdAt)) / 1000);
  }

  #collectRows(registers: Registry[]): void {
    const { catalog, hostId, taskKinds } = this.#options;
    const count = <T>(work: (reader: CatalogReader) => Promise<T>) => catalog.read(work);
    new Gauge({
      name: 'imago_instances',
      help: 'Instances of this host, by state.',
      labelNames: ['imago_instance_state'],
      registers,
      collect() {
        return count(async ({ instances }) => {
          for (const state of instanceStates) {
            const found = await instances.count({ where: { state, host: hostId } });
            this.set({ imago_instance_state: state }, found);
          }
        });
      },
    });
    new Gauge({
      name: 'imago_tasks_active',
      help: 'Tasks of this host that have not ended, by kind and state.',
      labelNames: ['imago_task_kind', 'imago_task_state'],
      registers,
      collect() {
        return count(async ({ tasks }) => {
          for (const kind of taskKinds) {
            for (const state of unfinishedStates) {
              const found = await tasks.count({ where: { state, kind, host: hostId } });
              this.set({ imago_task_kind: kind, imago_task_state: state }, found);
            }
          }
        });
      },
    });
  }

  #collectRoom(registers: Registry[]): void {
    const { host, garbage, scrubber } = this.#options;
    new Gauge({
      name: 'imago_store_bytes',
      help: 'Blocks as the last collection of garbage found them: all, and what nothing needs.',
      labelNames: ['imago_store_part'],
      registers,
      collect() {
        const usage = garbage.usage();
        if (!usage) return;
        this.set({ imago_store_part: 'all' }, usage.blockBytes);
        this.set({ imago_store_part: 'reclaimable' }, usage.reclaimableBytes);
      },
    });
    new Gauge({
      name: 'imago_scrub_blocks',
      help: 'Blocks of all stores: read and verified in this round, there at its beginning, damaged.',
      labelNames: ['imago_scrub_part'],
      registers,
      collect() {
        const stores = scrubber.describe();
        if (stores.length === 0) return;
        const sum = (of: (store: (typeof stores)[number]) => number) =>
          stores.reduce((all, store) => all + of(store), 0);
        const part = (name: string, count: number) => this.set({ imago_scrub_part: name }, count);
        part(
          'verified',
          sum(({ record }) => record.blocks),
        );
        part(
          'all',
          sum(({ record }) => record.totalBlocks),
        );
        part(
          'damaged',
          sum(({ record }) => record.damaged.length),
        );
      },
    });
    new Gauge({
      name: 'imago_scrub_archives',
      help: 'Archived snapshots of this host: read and verified in this round, there at its beginning, damaged.',
      labelNames: ['imago_scrub_part'],
      registers,
      collect() {
        const record = scrubber.archives?.describe()?.record;
        if (!record) return;
        this.set({ imago_scrub_part: 'verified' }, record.read);
        this.set({ imago_scrub_part: 'all' }, record.total);
        this.set({ imago_scrub_part: 'damaged' }, record.damaged.length);
      },
    });
    new Gauge({
      name: 'system_filesystem_usage_bytes',
      help: 'The file system of the home folder.',
      labelNames: ['system_filesystem_state'],
      registers,
      async collect() {
        const { diskBytes, freeDiskBytes } = await host.measure();
        this.set({ system_filesystem_state: 'used' }, diskBytes - freeDiskBytes);
        this.set({ system_filesystem_state: 'free' }, freeDiskBytes);
      },
    });
  }

  #collectCopies(registers: Registry[]): void {
    const { copies } = this.#options;
    const labelNames = ['imago_copy_store'] as const;
    new Gauge({
      name: 'imago_copy_store_time_seconds',
      help: 'Second stores: up to when all snapshots are there, and when the newest catalog there was sealed; since 1970.',
      labelNames: [...labelNames, 'imago_copy_store_part'],
      registers,
      collect() {
        for (const copy of copies) {
          const { folder, completeAsOf, catalogAt } = copy.describe();
          for (const [part, at] of Object.entries({
            snapshots: completeAsOf,
            catalog: catalogAt,
          })) {
            const labels = { imago_copy_store: folder, imago_copy_store_part: part };
            if (at !== undefined) this.set(labels, Date.parse(at) / 1000);
          }
        }
      },
    });
    new Gauge({
      name: 'imago_copy_store_damaged_blocks',
      help: 'Second stores: blocks that were found damaged or missing there, and are not back yet.',
      labelNames,
      registers,
      collect() {
        for (const copy of copies) {
          const { folder, verified } = copy.describe();
          if (verified) this.set({ imago_copy_store: folder }, verified.damage.length);
        }
      },
    });
  }
}
