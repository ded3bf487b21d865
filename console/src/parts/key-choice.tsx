/** Whether what is made is encrypted, and with which key: one of its region. */
import { useQuery } from '@tanstack/preact-query';
import { titleOf, useKeys } from '../api/kms-keys.ts';
import { useOptions } from '../api/queries.ts';
import { useSession } from '../api/session.tsx';
import { keyChoiceText as text } from '../text/keys.ts';
import { anyKey } from './encryption-of.ts';

interface Props {
  label?: string;
  /** Of `encryptionOf`. */
  value: string;
  region?: string;
  onChoose(value: string): void;
}

export function KeyChoice({ label = text.label, value, region, onChoose }: Props) {
  const keys = useKeys(region).data?.pages.flatMap((page) => page.keys) ?? [];
  const isUsual = useIsUsual(region);
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        <option value="">{text.usual}</option>
        <option value={anyKey}>{text.encrypted}</option>
        {keys
          .filter(({ KeyState }) => KeyState === 'Enabled')
          .map((key) => (
            <option key={key.KeyId} value={key.KeyId}>
              {text.with(titleOf(key))}
            </option>
          ))}
      </select>
      {isUsual !== undefined && (
        <small class="hint">{isUsual ? text.usualHint.on : text.usualHint.off}</small>
      )}
    </label>
  );
}

function useIsUsual(region: string | undefined): boolean | undefined {
  const { client, scope } = useSession();
  const there = region === undefined ? client : client.in(region);
  const found = useQuery({
    queryKey: [scope, 'encryption by default', there.region],
    queryFn: ({ signal }) => there.call('ec2', 'GetEbsEncryptionByDefault', {}, signal),
    ...useOptions({ tables: ['accountSettings'] }),
  });
  return found.data?.EbsEncryptionByDefault;
}
