/**
 * What an operation is: a function from a typed input and a context to a typed output, one file per
 * action. Request handlers only read and write rows (driver and tasks hear of what was written):
 * nothing here waits for a machine.
 */
import type { KeyObject } from 'node:crypto';
import type { ServiceModel } from '../../api/model.ts';
import type { BlockStores } from '../blocks/block-stores.ts';
import type { Sealing } from '../blocks/sealed-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ChangeFeed } from '../catalog/change-feed.ts';
import type { GarbageCollector } from '../collection/garbage-collector.ts';
import type { Scrubber } from '../collection/scrubber.ts';
import type { StorageUsage } from '../collection/storage-usage.ts';
import type { Clock, Ids } from '../domain/identity.ts';
import type { MasterKey } from '../domain/master-key.ts';
import type { Site } from '../domain/site.ts';
import type { Viewer } from '../domain/viewer.ts';
import type { Drafts } from '../drafts/drafts.ts';
import type { Finding } from '../foundations/finding.ts';
import type { Home } from '../foundations/home.ts';
import type { RecentLog } from '../foundations/recent-log.ts';
import type { Host } from '../host/host.ts';
import type { Inspector } from '../inspection/inspector.ts';
import type { InstanceMetrics } from '../metrics/instance-metrics.ts';
import type { Archives } from '../transfers/archives.ts';
import type { OfferedFiles } from '../transfers/offered-files.ts';

export interface Caller extends Viewer {
  accessKeyId: string;
  /** The account is the operator's of this Imago. */
  operator: boolean;
  /** `accessKeyId` is a session's: the access key that asked for it. */
  sessionOf?: string;
}

export interface OperationContext {
  caller: Caller;
  requestId: string;
  /**
   * What is written here is noticed by driver and tasks, who act on it. With DryRun this is a
   * catalog whose `write` does everything, then throws `DryRunOperation` instead of committing: an
   * operation needs no line for DryRun.
   */
  catalog: Catalog;
  clock: Clock;
  ids: Ids;
  site: Site;
  home: Home;
  host: Host;
  blocks: BlockStores;
  masterKey: MasterKey;
  /** In threads, where there are. */
  sealing?: Sealing;
  /** Snapshots that blocks are put into. */
  drafts: Drafts;
  /** Signs the tokens by which blocks of snapshots are read. */
  tokenKey: KeyObject;
  /** Files that clients offer to imports. */
  offers: OfferedFiles;
  /** Where archived snapshots are. */
  archives: Archives;
  garbage: GarbageCollector;
  scrubber: Scrubber;
  storage: StorageUsage;
  /** Looks into images. */
  inspector: Inspector;
  metrics: InstanceMetrics;
  /** Of everything that is written, by driver and tasks too. */
  changes: ChangeFeed;
  /** The newest lines of the log. */
  recentLog: RecentLog;
  /** Looks at the machine that this runs on. */
  examine(): Promise<Finding[]>;
  /** What to do when the answer has gone out, where it is one of a request. */
  onSent?(work: () => void): void;
}

export type FixedValue = string | number | boolean;

/** By the path of a member: the one value that it may have, or several that come to the same. */
export type FixedValues = Readonly<Record<string, FixedValue | readonly FixedValue[]>>;

export interface Operation<Input, Output> {
  /**
   * Paths of the input members that have an effect, such as `BlockDeviceMappings.Ebs.VolumeSize`
   * (lists are not marked). A member of the official model that is not here is refused by name with
   * `UnsupportedOperation`; a name that is not in the model at all with `UnknownParameter`.
   * `DryRun`, where the action has it, is accepted by the dispatcher.
   */
  accepts: readonly string[];
  /**
   * Members of which Imago has one value only. Clients send it all the time (Packer and Terraform
   * their defaults): it asks for what is done anyway and is taken. Any other is refused by name.
   */
  fixed?: FixedValues;
  /**
   * Who may ask for it: every account (when absent), the operator of this Imago only, or whoever
   * comes by a sign-in link, who may ask for nothing else.
   */
  audience?: 'account' | 'operator' | 'sign-in';
  /**
   * How long the body of a request may be; 1 MiB when absent. A stream of the input is read to its
   * end before anything is written.
   */
  bodyMaxBytes?: number;
  /**
   * The header that has the SHA-256 of the body in base64, to which `run` holds the body: so the
   * body may come unsigned.
   */
  bodyChecksum?: string;
  /**
   * The stream that the request has, or that the answer is, may come as Zstandard, as Imagos send
   * blocks to each other (http/content-coding.ts). All else is said of what that unpacks to.
   */
  zstd?: 'request' | 'answer';
  /** It is asked for by a WebSocket, and what it returns is the Duplex at the other end. */
  connects?: true;
  /**
   * The list of the output, where it can be long and MaxResults may ask for a page of it. Whoever
   * asks for all gets it page by page as it is read. `ids` is the input member, if any, that names
   * what is wanted: then there are no pages. `whole` reads all where what belongs together in one
   * answer could come on two pages.
   */
  inPages?: {
    list: string;
    ids?: string;
    /** How many a page may have, where it is fewer than most actions allow. */
    rows?: number;
    whole?(input: Input, context: OperationContext): AsyncIterable<unknown[]>;
  };
  run(input: Input, context: OperationContext): Promise<Output>;
}

/** Every action that the contract has, and no other. */
export type OperationTable = Readonly<Record<string, Operation<never, unknown>>>;

export interface ServiceTable {
  model: ServiceModel;
  /** All actions of the official model. */
  actionNames: readonly string[];
  operations: OperationTable;
}

export type OperationsOf<Inputs, Outputs> = {
  readonly [Action in keyof Inputs & keyof Outputs]: Operation<Inputs[Action], Outputs[Action]>;
};
