/** What a policy takes, when, and what it keeps; each refusal of the API is at its field. */
import { useSession } from '../../api/session.tsx';
import { AtField } from '../../parts/at-field.tsx';
import { Check, Field, Lines } from '../../parts/field.tsx';
import { policyText as text } from '../../text/policies.ts';
import { type FieldName, fieldOf } from './field-of.ts';
import { Choice } from './form-fields.tsx';
import { ScheduleFields } from './schedule-fields.tsx';
import {
  isDefault,
  newSchedule,
  schedulesMax,
  type Wanted,
  type WantedSchedule,
} from './wanted.ts';

interface Props {
  wanted: Wanted;
  /** The one that is there stays of its kind. */
  isNew: boolean;
  error: unknown;
  /** It was refused when it was asked for, not while one types. */
  isSought: boolean;
  onChange(part: Partial<Wanted>): void;
}

export function PolicyForm(props: Props) {
  const { wanted, isNew, error, isSought, onChange } = props;
  const { kind } = wanted;
  const at = (name: FieldName) => ({ error, isSought, isAbout: fieldOf(error) === name });
  return (
    <>
      <Choice
        label={text.kind}
        hint={isNew ? undefined : text.kindStays}
        value={kind}
        choices={text.kinds}
        isFixed={!isNew}
        onChoose={(chosen) => onChange({ kind: chosen })}
      />
      <AtField {...at('description')}>
        <Field
          label={text.description}
          hint={text.descriptionHint}
          value={wanted.description}
          onText={(description) => onChange({ description })}
          maxLength={500}
          required
        />
      </AtField>
      <Check
        label={text.enabled}
        checked={wanted.isEnabled}
        onCheck={(isEnabled) => onChange({ isEnabled })}
      />
      {isDefault(kind) ? <DefaultFields {...props} /> : <CustomFields {...props} />}
    </>
  );
}

function CustomFields({ wanted, error, isSought, onChange }: Props) {
  const { kind, schedules, keepsByAge } = wanted;
  const field = fieldOf(error);
  const isOne = schedules.length === 1;
  const change = (place: number, part: Partial<WantedSchedule>) =>
    onChange({
      schedules: schedules.map((each, index) => (index === place ? { ...each, ...part } : each)),
    });
  return (
    <>
      <AtField error={error} isSought={isSought} isAbout={field === 'targets'}>
        <Lines
          label={text.targets}
          hint={text.tagsHint}
          value={wanted.targets}
          onText={(targets) => onChange({ targets })}
        />
      </AtField>
      {kind === 'images' && (
        <Check
          label={text.reboots}
          checked={wanted.reboots}
          onCheck={(reboots) => onChange({ reboots })}
        />
      )}
      {kind === 'machines' && (
        <Check
          label={text.withoutRoot}
          checked={wanted.withoutRoot}
          onCheck={(withoutRoot) => onChange({ withoutRoot })}
        />
      )}
      <Choice
        label={text.keeps}
        value={keepsByAge ? 'age' : 'count'}
        choices={text.keepsBy}
        onChoose={(by) => onChange({ keepsByAge: by === 'age' })}
      />
      <AtField error={error} isSought={isSought} isAbout={!isOne && ofSchedules(field)}>
        {schedules.map((schedule, index) => (
          <ScheduleFields
            key={String(index)}
            {...{ schedule, index, kind, keepsByAge }}
            refused={{ error, isSought, field: isOne ? field : undefined }}
            onChange={(part) => change(index, part)}
            onRemove={
              isOne
                ? undefined
                : () => onChange({ schedules: schedules.filter((each) => each !== schedule) })
            }
          />
        ))}
      </AtField>
      {schedules.length < schedulesMax && (
        <button
          type="button"
          onClick={() =>
            onChange({ schedules: [...schedules, newSchedule(text.schedule(schedules.length))] })
          }
        >
          {text.addSchedule}
        </button>
      )}
    </>
  );
}

const fieldsOfSchedules: readonly (FieldName | undefined)[] = [
  ...(['when', 'keeps', 'deprecate', 'copies', 'tags'] as const),
];
const ofSchedules = (field: FieldName | undefined) => fieldsOfSchedules.includes(field);

function DefaultFields({ wanted, error, isSought, onChange }: Props) {
  const { profile } = useSession();
  const others = profile.regions.filter((region) => region !== profile.region);
  const { regions } = wanted;
  const toggle = (region: string, isChosen: boolean) =>
    onChange({
      regions: isChosen ? [...regions, region] : regions.filter((each) => each !== region),
    });
  return (
    <>
      <AtField error={error} isSought={isSought} isAbout={fieldOf(error) === 'days'}>
        <Field
          label={text.createDays}
          type="number"
          min={1}
          max={7}
          value={wanted.createDays}
          onText={(createDays) => onChange({ createDays })}
        />
        <Field
          label={text.retainDays}
          type="number"
          min={2}
          max={14}
          value={wanted.retainDays}
          onText={(retainDays) => onChange({ retainDays })}
        />
      </AtField>
      <Check
        label={text.copiesTags}
        checked={wanted.copiesTags}
        onCheck={(copiesTags) => onChange({ copiesTags })}
      />
      <Check
        label={text.extends}
        checked={wanted.extendsDeletion}
        onCheck={(extendsDeletion) => onChange({ extendsDeletion })}
      />
      {others.length > 0 && (
        <AtField error={error} isSought={isSought} isAbout={fieldOf(error) === 'copies'}>
          <fieldset>
            <legend>{text.copyRegions}</legend>
            {others.map((region) => (
              <Check
                key={region}
                label={region}
                checked={regions.includes(region)}
                onCheck={(isChosen) => toggle(region, isChosen)}
              />
            ))}
          </fieldset>
        </AtField>
      )}
    </>
  );
}
