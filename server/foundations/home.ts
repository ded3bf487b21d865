/**
 * The home folder: where everything that Imago keeps on this host lies. Only paths are made here,
 * nothing is opened.
 *
 *   credentials             first account's access key, 0600
 *   clients/NAME            access key of another account, for its clients here, 0600
 *   imago.db                the catalog (SQLite), 0600
 *   blocks/ab/cd…           the block store of all regions that have none of their own
 *   stores.json             where those are that have
 *   volumes/vol-…/N.qcow2   layers of volumes
 *   bases/ROOT.raw          what lies under layers, as plain files: a cache
 *   instances/i-…/          a machine: console, records
 *   instances/i-…/machine/  what its user may write: sockets
 *   images/                 work folders of image builds
 *   build-logs/TASK          what a build of a recipe has told
 *   drills/drill-…/         console and screen of a drill that failed
 *   pulls/NAME/             what is there so far of a vendor's image
 *   drafts/snap-…           which blocks were put into a pending snapshot
 *   archive/snap-….imago    a snapshot that is archived, where the operator names no other folder
 *   archive-scrub.json      how far the archive was read and verified: nothing depends on it
 *   token-key               signs the tokens by which blocks of snapshots are read, 0600
 *   contents/               what was found in images, by the digests of their disks: a cache
 *   firmware/               templates of UEFI variables
 *   metrics/                what instances took over the last day
 *   run/                    sockets and pids of Imago's processes
 *   lock                    held by the running Imago
 *   host-id                 names this host in the catalog
 *   master-key              what wraps the keys of the catalog, 0600, where it is not elsewhere
 *   catalog                 says which catalog that is
 *   strays.json             what no row names, and since when that is known
 *   ballast                 room that is kept for when the disk is full
 *   copies.json             stores that blocks are copied to
 *   recovering              it is being made of a block store, and not whole yet
 */
import path from 'node:path';

/**
 * Where the sockets of a machine are: QEMU's working folder, which is its own while the machine's
 * folder is Imago's. Machines of layout 1, which an older Imago started, have but one.
 */
export function socketsFolder(machineFolder: string, layout: number): string {
  return layout === 1 ? machineFolder : path.join(machineFolder, 'machine');
}

/** In the folder of a drill. */
export const drillConsoleFile = 'console.log';
export const drillScreenFile = 'screen.jpg';

/** Longest path of a unix socket that Linux takes (sun_path), less the final NUL. */
const socketPathMaxBytes = 107;

export class Home {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = path.resolve(folder);
    const longest = path.join(
      socketsFolder(this.machineFolder('i-0123456789abcdef0'), 2),
      'console.sock',
    );
    const over = Buffer.byteLength(longest) - socketPathMaxBytes;
    if (over > 0) {
      throw new Error(
        `the home folder's path is ${over} bytes too long for the sockets in it; choose a shorter one with --home`,
      );
    }
  }

  get catalogFile(): string {
    return path.join(this.folder, 'imago.db');
  }
  get catalogPlaceFile(): string {
    return path.join(this.folder, 'catalog');
  }
  get credentialsFile(): string {
    return path.join(this.folder, 'credentials');
  }
  get clientsFolder(): string {
    return path.join(this.folder, 'clients');
  }
  /** Names this host in the catalog, for as long as the home lives. */
  get hostIdFile(): string {
    return path.join(this.folder, 'host-id');
  }
  get masterKeyFile(): string {
    return path.join(this.folder, 'master-key');
  }
  /** Guests and volumes that no row names -> since when that is known. */
  get straysFile(): string {
    return path.join(this.folder, 'strays.json');
  }
  /** Regions that have a block store of their own -> where. */
  get regionStoresFile(): string {
    return path.join(this.folder, 'stores.json');
  }
  get lockFile(): string {
    return path.join(this.folder, 'lock');
  }
  get ballastFile(): string {
    return path.join(this.folder, 'ballast');
  }
  /** Folders of stores that blocks are copied to -> their ids. */
  get copyStoresFile(): string {
    return path.join(this.folder, 'copies.json');
  }
  get recoveringFile(): string {
    return path.join(this.folder, 'recovering');
  }
  get blocksFolder(): string {
    return path.join(this.folder, 'blocks');
  }
  get blockStoreFile(): string {
    return path.join(this.runFolder, 'block-store.json');
  }
  get runFolder(): string {
    return path.join(this.folder, 'run');
  }
  get basesFolder(): string {
    return path.join(this.folder, 'bases');
  }
  get instancesFolder(): string {
    return path.join(this.folder, 'instances');
  }
  get buildsFolder(): string {
    return path.join(this.folder, 'images');
  }
  get buildLogsFolder(): string {
    return path.join(this.folder, 'build-logs');
  }
  buildLogFile(taskId: string): string {
    return path.join(this.buildLogsFolder, taskId);
  }
  get drillsFolder(): string {
    return path.join(this.folder, 'drills');
  }
  drillFolder(drillId: string): string {
    return path.join(this.drillsFolder, drillId);
  }
  get pullsFolder(): string {
    return path.join(this.folder, 'pulls');
  }
  get draftsFolder(): string {
    return path.join(this.folder, 'drafts');
  }
  draftFile(snapshotId: string): string {
    return path.join(this.draftsFolder, snapshotId);
  }
  get archiveFolder(): string {
    return path.join(this.folder, 'archive');
  }
  get archiveScrubFile(): string {
    return path.join(this.folder, 'archive-scrub.json');
  }
  get tokenKeyFile(): string {
    return path.join(this.folder, 'token-key');
  }
  get firmwareFolder(): string {
    return path.join(this.folder, 'firmware');
  }
  get contentsFolder(): string {
    return path.join(this.folder, 'contents');
  }
  get metricsFolder(): string {
    return path.join(this.folder, 'metrics');
  }
  get volumesFolder(): string {
    return path.join(this.folder, 'volumes');
  }
  machineFolder(instanceId: string): string {
    return path.join(this.instancesFolder, instanceId);
  }
  machineSocketsFolder(instanceId: string, layout = 2): string {
    return socketsFolder(this.machineFolder(instanceId), layout);
  }
  volumeFolder(volumeId: string): string {
    return path.join(this.volumesFolder, volumeId);
  }
  layerFile(volumeId: string, number: number): string {
    return path.join(this.volumeFolder(volumeId), `${number}.qcow2`);
  }
}
