import type { Duplex } from 'node:stream';
import type { OfferFileRequest } from '../../../api/imago-transfers.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { isWithClient } from '../../domain/file-places.ts';
import { requiredImport, sourceUrlsOf } from '../../domain/imports.ts';
import { offerKey } from '../../transfers/open-source.ts';
import type { Operation } from '../operation.ts';

/** The client's end of an import that names its file: the import asks it for ranges. */
export const offerFile: Operation<OfferFileRequest, Duplex> = {
  accepts: ['ImportTaskId', 'Url'],
  connects: true,
  async run({ ImportTaskId: id, Url: url }, { catalog, caller, offers }) {
    const row = await catalog.read((reader) => requiredImport(reader, caller, id));
    if (!isWithClient({ url }) || !sourceUrlsOf(row).includes(url)) {
      throw new ServiceError(
        'InvalidParameterValue',
        `The import task '${id}' does not ask a client for '${url}'.`,
      );
    }
    if (row.state !== 'active') {
      throw new ServiceError(
        'IncorrectState',
        `The import task '${id}' asks for nothing any more; its state is ${row.state}.`,
      );
    }
    return offers.offer(offerKey(id, url));
  },
};
