/**
 * What a new machine is to have otherwise than it had; what is refused of it is told at its field.
 * The folded part is open where the address says some of it, or something of it was refused.
 */
import { useEffect, useState } from 'preact/hooks';
import { AtField } from '../../parts/at-field.tsx';
import { Check, Field } from '../../parts/field.tsx';
import { withChosen } from '../../parts/with-chosen.ts';
import { restoreText as text } from '../../text/restore.ts';
import { GroupsField } from '../launch/groups-field.tsx';
import { KeyField } from '../launch/key-field.tsx';
import { TypeField } from '../launch/type-field.tsx';
import { UserDataField } from '../launch/user-data-field.tsx';
import { type FieldName, fieldOf } from './field-of.ts';
import { type Otherwise, otherwise, type Wanted, wordsOf } from './request.ts';
import { SubnetField } from './subnet-field.tsx';

interface Volume {
  DeviceName?: string;
  SnapshotId?: string;
  SizeGiB: number;
}

interface Props {
  wanted: Wanted;
  /** Of the backup; none while they are not known. */
  volumes: readonly Volume[];
  error: unknown;
  change(part: Partial<Wanted>): void;
  setUserData(text: string | undefined): void;
}

export function Wishes({ wanted, volumes, error, change, setUserData }: Props) {
  const { userData } = wanted;
  const field = fieldOf(error);
  const isInside = field !== undefined && field !== 'type';
  const [isOpen, setIsOpen] = useState(otherwise.some((each) => wanted[each]));
  useEffect(() => {
    if (isInside) setIsOpen(true);
  }, [isInside]);
  const at = (name: FieldName) => ({ error, isAbout: field === name });
  const say = (name: Otherwise) => (said: string) => change({ [name]: said || undefined });
  const typed = (name: Otherwise) => (
    <AtField {...at(name)}>
      <Field
        {...text.wishes[name]}
        value={wanted[name] ?? ''}
        onText={say(name)}
        spellcheck={false}
        autocomplete="off"
      />
    </AtField>
  );
  return (
    <>
      <AtField {...at('type')}>
        <TypeField
          value={wanted.type ?? ''}
          empty={text.asItWas}
          onChange={(type) => change({ type })}
        />
      </AtField>
      <details open={isOpen} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
        <summary>{text.otherwise}</summary>
        {typed('name')}
        <AtField {...at('key')}>
          <KeyField
            value={wanted.key ?? ''}
            empty={text.asItWas}
            hint={text.wishes.key.hint}
            onChange={say('key')}
          />
        </AtField>
        <AtField {...at('subnet')}>
          <SubnetField value={wanted.subnet ?? ''} onChange={say('subnet')} />
        </AtField>
        <AtField {...at('group')}>
          <GroupsField
            value={wordsOf(wanted.group)}
            hint={text.wishes.group.hint}
            onChange={(ids) => say('group')(ids.join(' '))}
          />
        </AtField>
        {typed('address')}
        <AtField {...at('without')}>
          <LeftOut volumes={volumes} value={wordsOf(wanted.without)} onChange={say('without')} />
        </AtField>
        <AtField {...at('userData')}>
          <Check
            label={text.userData}
            hint={text.userDataHint}
            checked={userData !== undefined}
            onCheck={(isOther) => setUserData(isOther ? '' : undefined)}
          />
          {userData !== undefined && <UserDataField value={userData} onChange={setUserData} />}
        </AtField>
      </details>
    </>
  );
}

interface LeftOutProps {
  volumes: readonly Volume[];
  value: readonly string[];
  onChange(devices: string): void;
}

/** What it comes back without: of several volumes, as the one that it boots from comes back. */
function LeftOut({ volumes, value, onChange }: LeftOutProps) {
  const sizes = new Map(
    volumes.flatMap(({ DeviceName, SnapshotId, SizeGiB }) =>
      DeviceName && SnapshotId ? [[DeviceName, SizeGiB] as const] : [],
    ),
  );
  const devices = withChosen(sizes.size > 1 ? [...sizes.keys()] : [], ...value);
  if (devices.length === 0) return null;
  const { label, hint } = text.wishes.without;
  return (
    <fieldset class="field">
      <legend>{label}</legend>
      {devices.map((device) => (
        <Check
          key={device}
          label={sizes.has(device) ? text.volumeOf(device, sizes.get(device) ?? 0) : device}
          checked={value.includes(device)}
          onCheck={(isLeft) =>
            onChange(
              (isLeft ? [...value, device] : value.filter((each) => each !== device)).join(' '),
            )
          }
        />
      ))}
      <small class="hint">{hint}</small>
    </fieldset>
  );
}
