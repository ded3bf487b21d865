import type { ListSessionsRequest, ListSessionsResult } from '../../../api/imago-sessions.ts';
import { pageOf, readShownPage, usualPageBounds } from '../../domain/pages.ts';
import { hasExpired } from '../../domain/sessions.ts';
import type { Operation } from '../operation.ts';
import { sessionShape } from '../shapes/sessions.ts';

/** The caller's, those of links that nobody followed yet among them. */
export const listSessions: Operation<ListSessionsRequest, ListSessionsResult> = {
  accepts: ['MaxResults', 'NextToken'],
  inPages: { list: 'Sessions' },
  async run(input, { catalog, caller, clock }) {
    const page = pageOf(input, { ...caller, action: 'ListSessions' }, usualPageBounds);
    const { shown, nextToken } = await catalog.read(({ sessions }) =>
      readShownPage(sessions, { account: caller.account }, page, (row) =>
        hasExpired(row, clock.now()) ? undefined : sessionShape(row),
      ),
    );
    return { Sessions: shown, NextToken: nextToken };
  },
};
