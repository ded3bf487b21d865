/** Asks for the rules of the recycle bin that may hold for an image. */
import { useQuery } from '@tanstack/preact-query';
import type { ApiClient } from '../../api/client.ts';
import { useSession } from '../../api/session.tsx';
import { keptDays, type Rule } from './kept-for.ts';
import type { Image } from './kinds.ts';

export function useKeptDays({ Tags }: Image) {
  const { client, scope } = useSession();
  const rules = useQuery({
    queryKey: [scope, 'rules of the recycle bin', 'EC2_IMAGE'],
    queryFn: ({ signal }) => rulesOf(client, signal),
    meta: { tables: ['recycleRules'] },
  });
  return { isKnown: rules.isSuccess, days: rules.data && keptDays(rules.data, Tags) };
}

/** A list of rules does not tell for which tags they are. */
async function rulesOf(client: ApiClient, signal: AbortSignal): Promise<Rule[]> {
  const rules: Rule[] = [];
  let NextToken: string | undefined;
  do {
    const input = { ResourceType: 'EC2_IMAGE', NextToken };
    const page = await client.call('rbin', 'ListRules', input, signal);
    for (const { Identifier = '' } of page.Rules ?? []) {
      rules.push(await client.call('rbin', 'GetRule', { Identifier }, signal));
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return rules;
}
