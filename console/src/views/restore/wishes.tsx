/**
 * What a new machine is to have otherwise than it had; what is refused of it is told at its field.
 * The folded part is open where the address says some of it, or something of it was refused.
 */
import { useEffect, useState } from 'preact/hooks';
import { AtField } from '../../parts/at-field.tsx';
import { Check, Field } from '../../parts/field.tsx';
import { restoreText as text } from '../../text/restore.ts';
import { TypeField } from '../launch/type-field.tsx';
import { UserDataField } from '../launch/user-data-field.tsx';
import { type FieldName, fieldOf } from './field-of.ts';
import { otherwise, type Wanted } from './request.ts';

interface Props {
  wanted: Wanted;
  error: unknown;
  change(part: Partial<Wanted>): void;
  setUserData(text: string | undefined): void;
}

export function Wishes({ wanted, error, change, setUserData }: Props) {
  const { userData } = wanted;
  const field = fieldOf(error);
  const isInside = field !== undefined && field !== 'type';
  const [isOpen, setIsOpen] = useState(otherwise.some((each) => wanted[each]));
  useEffect(() => {
    if (isInside) setIsOpen(true);
  }, [isInside]);
  const at = (name: FieldName) => ({ error, isAbout: field === name });
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
        {otherwise.map((each) => (
          <AtField key={each} {...at(each)}>
            <Field
              {...text.wishes[each]}
              value={wanted[each] ?? ''}
              onText={(said) => change({ [each]: said || undefined })}
              spellcheck={false}
              autocomplete="off"
            />
          </AtField>
        ))}
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
