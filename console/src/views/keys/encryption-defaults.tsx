/** Whether volumes and copies of this account are encrypted without being asked to be, and how. */
import { useState } from 'preact/hooks';
import { isService, titleOf, useKeys } from '../../api/kms-keys.ts';
import { useAction, useChange } from '../../api/queries.ts';
import { Problem } from '../../parts/problem.tsx';
import { pathOfId } from '../../shell/places.ts';
import { encryptionText } from '../../text/keys.ts';

const text = encryptionText.defaults;
const tables = ['accountSettings', 'kmsKeys', 'kmsAliases'] as const;
const serviceAlias = 'alias/aws/ebs';

export function EncryptionDefaults() {
  const found = useAction('ec2', 'GetEbsEncryptionByDefault', {}, { tables });
  const enable = useChange('ec2', 'EnableEbsEncryptionByDefault');
  const disable = useChange('ec2', 'DisableEbsEncryptionByDefault');
  const isOn = found.data?.EbsEncryptionByDefault ?? false;
  const error = found.error ?? enable.error ?? disable.error;
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {error && <Problem error={error} />}
      <p role="status">{isOn ? text.isOn : text.isOff}</p>
      <p>
        <button
          type="button"
          disabled={!found.data}
          onClick={() => (isOn ? disable : enable).mutate({})}
        >
          {isOn ? text.turnOff : text.turnOn}
        </button>
      </p>
      <DefaultKey />
    </section>
  );
}

function DefaultKey() {
  const found = useAction('ec2', 'GetEbsDefaultKmsKeyId', {}, { tables });
  const keys = useKeys().data?.pages.flatMap((page) => page.keys) ?? [];
  const modify = useChange('ec2', 'ModifyEbsDefaultKmsKeyId');
  const reset = useChange('ec2', 'ResetEbsDefaultKmsKeyId');
  const [chosen, setChosen] = useState<string>();
  const own = keys.filter((key) => !isService(key));
  const said = found.data?.KmsKeyId ?? '';
  const current = own.find(({ KeyId }) => KeyId === pathOfId(said)?.[1])?.KeyId ?? serviceAlias;
  const wanted = chosen ?? current;
  const error = found.error ?? modify.error ?? reset.error;
  const save = (event: Event) => {
    event.preventDefault();
    if (wanted === serviceAlias) reset.mutate({});
    else modify.mutate({ KmsKeyId: wanted });
    setChosen(undefined);
  };
  return (
    <form onSubmit={save}>
      {error && <Problem error={error} />}
      <label class="field">
        <span>{text.key}</span>
        <select value={wanted} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
          <option value={serviceAlias}>{text.service}</option>
          {own.map((key) => (
            <option key={key.KeyId} value={key.KeyId}>
              {titleOf(key)}
            </option>
          ))}
        </select>
      </label>
      <p class="hint">{text.shared}</p>
      <button type="submit" disabled={wanted === current}>
        {text.save}
      </button>
    </form>
  );
}
