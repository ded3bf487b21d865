import type {
  ListRetirableGrantsRequest,
  ListRetirableGrantsResult,
} from '../../../api/generated/kms-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { viewerKey } from '../../catalog/rows/row.ts';
import { invalidInput } from '../../domain/kms-keys.ts';
import { readShownPage } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { accountOf, marked, markedPage } from '../requests/kms.ts';
import { grantEntry } from '../shapes/kms.ts';

const limits = { usual: 50, max: 100 };

/** Those that name the caller's account for it, be their keys its own or another's. */
export const listRetirableGrants: Operation<ListRetirableGrantsRequest, ListRetirableGrantsResult> =
  {
    accepts: ['Limit', 'Marker', 'RetiringPrincipal'],
    async run(input, { catalog, caller }) {
      const { account, region } = caller;
      const { RetiringPrincipal: principal } = input;
      if (principal === undefined) throw invalidInput('RetiringPrincipal is required.');
      if (accountOf(principal) !== account) {
        throw new ServiceError(
          'AccessDeniedException',
          `${principal} is not of the account ${account}.`,
        );
      }
      const page = markedPage(input, { ...caller, action: 'ListRetirableGrants' }, limits);
      return catalog.read(async ({ kmsGrants }) => {
        const where = { retirable: viewerKey(region, account) };
        const { shown, nextToken } = await readShownPage(kmsGrants, where, page, grantEntry);
        return { Grants: shown, ...marked(nextToken) };
      });
    },
  };
