/** One schedule of a policy: when it takes backups, what it keeps, where copies go. */
import { AtField } from '../../parts/at-field.tsx';
import { Check, Field, Lines } from '../../parts/field.tsx';
import { policyText as text } from '../../text/policies.ts';
import { CopyFields } from './copy-fields.tsx';
import type { FieldName } from './field-of.ts';
import { AgeField, Choice } from './form-fields.tsx';
import { hoursChoices, type Kind, type WantedSchedule } from './wanted.ts';

interface Props {
  schedule: WantedSchedule;
  index: number;
  kind: Kind;
  keepsByAge: boolean;
  /** What was refused, and of what: only where it can be but this schedule. */
  refused: { error: unknown; field: FieldName | undefined; isSought: boolean };
  onChange(part: Partial<WantedSchedule>): void;
  onRemove?: () => void;
}

export function ScheduleFields(props: Props) {
  const { schedule, index, kind, keepsByAge, refused, onChange, onRemove } = props;
  const { field, ...rest } = refused;
  const at = (name: FieldName) => ({ ...rest, isAbout: field === name });
  return (
    <fieldset class="schedule">
      <legend>{schedule.name || text.schedule(index)}</legend>
      <Field
        label={text.name}
        value={schedule.name}
        onText={(name) => onChange({ name })}
        maxLength={120}
        required
      />
      <AtField {...at('when')}>
        <When schedule={schedule} onChange={onChange} />
      </AtField>
      <AtField {...at('keeps')}>
        {keepsByAge ? (
          <AgeField label={text.age} value={schedule.age} onChange={(age) => onChange({ age })} />
        ) : (
          <Field
            label={text.count}
            type="number"
            min={1}
            max={1000}
            value={schedule.count}
            onText={(count) => onChange({ count })}
          />
        )}
      </AtField>
      {kind === 'images' && (
        <AtField {...at('deprecate')}>
          <Deprecation schedule={schedule} keepsByAge={keepsByAge} onChange={onChange} />
        </AtField>
      )}
      <AtField {...at('tags')}>
        <Check
          label={text.copiesTags}
          checked={schedule.copiesTags}
          onCheck={(copiesTags) => onChange({ copiesTags })}
        />
        <Lines
          label={text.tags}
          hint={text.tagsHint}
          rows={2}
          value={schedule.tags}
          onText={(tags) => onChange({ tags })}
        />
      </AtField>
      <AtField {...at('copies')}>
        <CopyFields copies={schedule.copies} onChange={(copies) => onChange({ copies })} />
      </AtField>
      {onRemove && (
        <button type="button" aria-label={text.removeSchedule(schedule.name)} onClick={onRemove}>
          {text.remove}
        </button>
      )}
    </fieldset>
  );
}

type PartProps = Pick<Props, 'schedule' | 'onChange'>;

function When({ schedule, onChange }: PartProps) {
  const { isCron, hours, time, cron } = schedule;
  return (
    <>
      <Choice
        label={text.when}
        value={isCron ? 'cron' : 'interval'}
        choices={{ interval: text.interval, cron: text.cronChoice }}
        onChoose={(chosen) => onChange({ isCron: chosen === 'cron' })}
      />
      {isCron ? (
        <Field
          label={text.cron}
          hint={text.cronHint}
          value={cron}
          spellcheck={false}
          onText={(said) => onChange({ cron: said })}
        />
      ) : (
        <div class="figures">
          <Choice
            label={text.hours}
            value={hours}
            choices={Object.fromEntries(hoursChoices.map((each) => [String(each), String(each)]))}
            onChoose={(said) => onChange({ hours: said })}
          />
          <Field
            label={text.time}
            hint={hereOf(time)}
            value={time}
            placeholder="hh:mm"
            onText={(said) => onChange({ time: said })}
          />
        </div>
      )}
    </>
  );
}

/** The time of the day where whoever looks is. */
function hereOf(time: string): string | undefined {
  const at = new Date(`${new Date().toISOString().slice(0, 10)}T${time}:00Z`);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (Number.isNaN(at.getTime()) || at.getTimezoneOffset() === 0) return undefined;
  const here = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return text.timeHere(here, timeZone);
}

function Deprecation({ schedule, keepsByAge, onChange }: PartProps & { keepsByAge: boolean }) {
  const { deprecate } = schedule;
  if (keepsByAge) {
    return (
      <AgeField
        label={text.deprecateAge}
        hint={text.never}
        value={deprecate}
        onChange={(said) => onChange({ deprecate: said })}
      />
    );
  }
  return (
    <Field
      label={text.deprecateCount}
      hint={text.never}
      type="number"
      min={1}
      max={1000}
      value={deprecate.value}
      onText={(value) => onChange({ deprecate: { ...deprecate, value } })}
    />
  );
}
