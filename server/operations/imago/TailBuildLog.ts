import type { Duplex } from 'node:stream';
import type { TailBuildLogRequest } from '../../../api/imago-builds.ts';
import { isBuilding } from '../../catalog/rows/image-build.ts';
import { requiredByArn } from '../../domain/imagebuilder/arns.ts';
import { BuildLogStream } from '../build-log-stream.ts';
import type { Operation } from '../operation.ts';

/** What a build of a recipe has told, and what it tells until it is over. */
export const tailBuildLog: Operation<TailBuildLogRequest, Duplex> = {
  accepts: ['ImageBuildVersionArn'],
  connects: true,
  async run({ ImageBuildVersionArn: arn }, { caller, catalog, home }) {
    const { taskId } = await catalog.read((reader) => requiredByArn(reader, caller, 'image', arn));
    return new BuildLogStream({
      file: home.buildLogFile(taskId),
      async isOver() {
        const build = await catalog.read(({ imageBuilds }) => imageBuilds.get(arn));
        return !build || !isBuilding(build);
      },
    });
  },
};
