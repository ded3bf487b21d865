/** Other accounts that may use a key, and for what. */
import { useState } from 'preact/hooks';
import type { Key } from '../../api/kms-keys.ts';
import { useAction, useChange } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { AccountField } from '../../parts/account-field.tsx';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { Check, Field } from '../../parts/field.tsx';
import { List } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { keyText } from '../../text/keys.ts';

const text = keyText.grants;
const grantsMax = 100;

/** Those that a symmetric key has. */
const operations = [
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'CreateGrant',
  'RetireGrant',
];
/** What an account needs that something encrypted is shared with. */
const usual = ['Decrypt', 'DescribeKey'];

type Grant = NonNullable<Output<'kms', 'ListGrants'>['Grants']>[number];

const accountOf = ({ GranteePrincipal = '' }: Grant) =>
  /\d{12}/.exec(GranteePrincipal)?.[0] ?? GranteePrincipal;

export function KeyGrants({ of: { KeyId, KeyState } }: { of: Key }) {
  const input = { KeyId, Limit: grantsMax };
  const found = useAction('kms', 'ListGrants', input, { tables: ['kmsGrants'] });
  const [isGranted, setIsGranted] = useState(false);
  const [revoked, setRevoked] = useState<Grant>();
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{text.means}</p>
      <List
        caption={text.title}
        columns={[
          { title: text.columns.account, cell: (grant) => <code>{accountOf(grant)}</code> },
          { title: text.columns.name, cell: ({ Name }) => Name },
          { title: text.columns.operations, cell: ({ Operations }) => Operations?.join(', ') },
          { title: text.columns.created, cell: ({ CreationDate }) => <Time at={CreationDate} /> },
          {
            title: text.columns.end,
            cell: (grant) => (
              <button type="button" onClick={() => setRevoked(grant)}>
                {text.revoke}
              </button>
            ),
          },
        ]}
        items={found.data?.Grants}
        keyOf={({ GrantId = '' }) => GrantId}
        empty={text.none}
        error={found.error}
        retry={found.refetch}
      />
      <p>
        <ActionButton
          because={KeyState === 'PendingDeletion' && keyText.isPending}
          onClick={() => setIsGranted(true)}
        >
          {text.add}
        </ActionButton>
      </p>
      {isGranted && <GrantDialog id={KeyId} onClose={() => setIsGranted(false)} />}
      {revoked && <RevokeDialog id={KeyId} of={revoked} onClose={() => setRevoked(undefined)} />}
    </section>
  );
}

function GrantDialog({ id: KeyId, onClose }: { id: string; onClose(): void }) {
  const [account, setAccount] = useState('');
  const [Name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly string[]>(usual);
  const create = useChange('kms', 'CreateGrant');
  const input = {
    KeyId,
    GranteePrincipal: `arn:aws:iam::${account.trim()}:root`,
    Operations: [...chosen],
    Name: Name || undefined,
  };
  const check = (operation: string, isIn: boolean) =>
    setChosen(operations.filter((each) => (each === operation ? isIn : chosen.includes(each))));
  return (
    <ActionDialog
      title={text.add}
      action={text.addNow}
      command={awsCli('kms', 'CreateGrant', input)}
      run={() => create.mutateAsync(input)}
      onClose={onClose}
    >
      <AccountField label={text.account} value={account} onText={setAccount} pattern="\d{12}" />
      <Field label={text.name} value={Name} onText={setName} maxLength={256} />
      <fieldset class="field">
        <legend>{text.operations}</legend>
        {operations.map((each) => (
          <Check
            key={each}
            label={each}
            checked={chosen.includes(each)}
            onCheck={(isIn) => check(each, isIn)}
          />
        ))}
      </fieldset>
    </ActionDialog>
  );
}

interface RevokeProps {
  id: string;
  of: Grant;
  onClose(): void;
}

function RevokeDialog({ id: KeyId, of: grant, onClose }: RevokeProps) {
  const { GrantId = '' } = grant;
  const revoke = useChange('kms', 'RevokeGrant');
  return (
    <ActionDialog
      title={text.revokeTitle(accountOf(grant))}
      action={text.revokeNow}
      isDangerous
      command={awsCli('kms', 'RevokeGrant', { KeyId, GrantId })}
      run={() => revoke.mutateAsync({ KeyId, GrantId })}
      onClose={onClose}
    >
      <p>{text.revokeMeans}</p>
    </ActionDialog>
  );
}
