import type { ListSessionsRequest, ListSessionsResult } from '../../../api/imago-sessions.ts';
import { pageOf, readShownPage, usualPageBounds } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { sessionShape } from '../shapes/sessions.ts';

/** The caller's; one that has expired may be shown for an hour more. */
export const listSessions: Operation<ListSessionsRequest, ListSessionsResult> = {
  accepts: ['MaxResults', 'NextToken'],
  inPages: { list: 'Sessions' },
  async run(input, { catalog, caller }) {
    const page = pageOf(input, { ...caller, action: 'ListSessions' }, usualPageBounds);
    const { shown, nextToken } = await catalog.read(({ sessions }) =>
      readShownPage(sessions, { account: caller.account }, page, sessionShape),
    );
    return { Sessions: shown, NextToken: nextToken };
  },
};
