/** What an operator says of an account, a new one or one that is there. */
import { Check, Field } from '../../parts/field.tsx';
import { accountsText as text } from '../../text/operator.ts';

export interface WantedAccount {
  Name: string;
  /** Empty: in none. */
  OrganizationPath: string;
  Operator: boolean;
}

/** As it is; of a new one nothing. */
export const wantedOf = ({
  Name = '',
  OrganizationPath = '',
  Operator = false,
}: Partial<WantedAccount> = {}): WantedAccount => ({ Name, OrganizationPath, Operator });

interface Props {
  value: WantedAccount;
  onChange(value: WantedAccount): void;
}

export function AccountFields({ value, onChange }: Props) {
  const change = (part: Partial<WantedAccount>) => onChange({ ...value, ...part });
  return (
    <>
      <Field
        label={text.columns.name}
        value={value.Name}
        onText={(Name) => change({ Name })}
        required
      />
      <Field
        label={text.columns.organization}
        hint={text.organizationHint}
        value={value.OrganizationPath}
        onText={(OrganizationPath) => change({ OrganizationPath })}
      />
      <Check
        label={text.makeOperator}
        hint={text.operatorMeans}
        checked={value.Operator}
        onCheck={(Operator) => change({ Operator })}
      />
    </>
  );
}
