/** Images of disks that a test has made, by a folder that Imago may import from. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  DescribeImportSnapshotTasksCommand,
  ImportSnapshotCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import type { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';

export class DiskImages {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'imago-disks-'));
  /** For `imago serve`. */
  readonly flags = ['--import-folder', `disks=${this.#folder}`];

  async register(imago: ImagoProcess, Name: string, disk: Uint8Array): Promise<string> {
    const ec2 = imago.ec2();
    writeFileSync(path.join(this.#folder, Name), disk);
    const DiskContainer = { Format: 'raw', Url: `s3://disks/${Name}` };
    const { ImportTaskId = '' } = await ec2.send(new ImportSnapshotCommand({ DiskContainer }));
    let SnapshotId: string | undefined;
    await until(`${Name} is imported`, async () => {
      const asked = new DescribeImportSnapshotTasksCommand({ ImportTaskIds: [ImportTaskId] });
      const { ImportSnapshotTasks: [task] = [] } = await ec2.send(asked);
      ({ SnapshotId } = task?.SnapshotTaskDetail ?? {});
      return task?.SnapshotTaskDetail?.Status === 'completed';
    });
    const DeviceName = '/dev/xvda';
    const { ImageId = '' } = await ec2.send(
      new RegisterImageCommand({
        ...{ Name, Architecture: 'x86_64', VirtualizationType: 'hvm', RootDeviceName: DeviceName },
        BlockDeviceMappings: [{ DeviceName, Ebs: { SnapshotId } }],
      }),
    );
    return ImageId;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
