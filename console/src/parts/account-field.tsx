/**
 * An account, by its id. Those that the tab knows are chosen from: the ones that are signed in
 * beside this one, and for an operator all that there are.
 */
import { useAction } from '../api/queries.ts';
import { useSession } from '../api/session.tsx';
import { common } from '../text/common.ts';
import { Field } from './field.tsx';

interface Props {
  label: string;
  hint?: string;
  value: string;
  onText(text: string): void;
  pattern?: string;
  isOptional?: boolean;
}

export function AccountField({ isOptional, ...props }: Props) {
  const accounts = useKnownAccounts();
  return (
    <>
      <Field {...props} required={!isOptional} />
      {accounts.length > 0 && (
        <label class="field">
          <span>{common.knownAccount}</span>
          <select
            value={accounts.some(({ AccountId }) => AccountId === props.value) ? props.value : ''}
            onChange={({ currentTarget }) => props.onText(currentTarget.value)}
          >
            <option value="">{common.choose}</option>
            {accounts.map(({ AccountId, Name }) => (
              <option key={AccountId} value={AccountId}>
                {`${Name} · ${AccountId}`}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}

/** But for one's own. */
function useKnownAccounts() {
  const { profile, profiles } = useSession();
  const { Operator, AccountId: own } = profile.account;
  const asking = { tables: ['accounts'], enabled: Operator } as const;
  const listed = useAction('imago', 'ListAccounts', {}, asking).data?.Accounts ?? [];
  const beside = profiles
    .filter(({ endpoint }) => endpoint === profile.endpoint)
    .map(({ account }) => account);
  const all = new Map([...beside, ...listed].map((account) => [account.AccountId, account]));
  return [...all.values()].filter(({ AccountId }) => AccountId !== own);
}
