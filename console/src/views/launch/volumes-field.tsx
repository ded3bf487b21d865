/** The volumes of a launch: the image's root one as it should be, and empty ones beside it. */
import { Field } from '../../parts/field.tsx';
import { KeyChoice } from '../../parts/key-choice.tsx';
import { launchText as text } from '../../text/launch.ts';
import { asItIs, type VolumeWanted, type Wanted } from './wanted.ts';

interface Props {
  /** Of the image; absent where none is known yet. */
  root: { sizeGiB: number } | undefined;
  value: Pick<Wanted, 'root' | 'volumes'>;
  onChange(value: Partial<Wanted>): void;
}

const types = ['gp3', 'gp2', 'standard'];
const firstLetter = 'f'.charCodeAt(0);

export function VolumesField({ root, value, onChange }: Props) {
  const { volumes } = value;
  const device = `/dev/sd${String.fromCharCode(firstLetter + volumes.length)}`;
  const put = (index: number, part: Partial<VolumeWanted>) =>
    onChange({
      volumes: volumes.map((each, place) => (place === index ? { ...each, ...part } : each)),
    });
  return (
    <fieldset class="field">
      <legend>{text.volumes}</legend>
      <Volume
        title={text.root}
        value={value.root}
        sizeMin={root?.sizeGiB}
        hint={root ? text.rootHint(root.sizeGiB) : text.rootUnknown}
        isOff={!root}
        onChange={(part) => onChange({ root: { ...value.root, ...part } })}
      />
      {volumes.map((volume, index) => (
        <Volume
          key={volume.device}
          title={volume.device}
          value={volume}
          isSizeRequired
          onChange={(part) => put(index, part)}
        />
      ))}
      <div class="actions">
        <button
          type="button"
          onClick={() => onChange({ volumes: [...volumes, { ...asItIs, device, sizeGiB: '1' }] })}
        >
          {text.addVolume}
        </button>
        {volumes.length > 0 && (
          <button type="button" onClick={() => onChange({ volumes: volumes.slice(0, -1) })}>
            {text.removeVolume(volumes.at(-1)?.device ?? '')}
          </button>
        )}
      </div>
    </fieldset>
  );
}

interface VolumeProps {
  title: string;
  value: VolumeWanted;
  hint?: string;
  sizeMin?: number;
  isSizeRequired?: boolean;
  isOff?: boolean;
  onChange(part: Partial<VolumeWanted>): void;
}

function Volume(props: VolumeProps) {
  const { title, value, hint, sizeMin = 1, isSizeRequired, isOff, onChange } = props;
  return (
    <fieldset class="volume" disabled={isOff}>
      <legend>{title}</legend>
      <Field
        label={text.size}
        type="number"
        min={sizeMin}
        required={isSizeRequired}
        hint={hint}
        value={value.sizeGiB}
        onText={(sizeGiB) => onChange({ sizeGiB })}
      />
      <label class="field">
        <span>{text.volumeType}</span>
        <select
          value={value.type}
          onChange={({ currentTarget }) => onChange({ type: currentTarget.value })}
        >
          <option value="">{text.asUsual}</option>
          {types.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{text.ends}</span>
        <select
          value={value.ends}
          onChange={({ currentTarget }) =>
            onChange({ ends: currentTarget.value as VolumeWanted['ends'] })
          }
        >
          <option value="">{text.asUsual}</option>
          <option value="yes">{text.endsYes}</option>
          <option value="no">{text.endsNo}</option>
        </select>
      </label>
      <KeyChoice value={value.key} onChoose={(key) => onChange({ key })} />
    </fieldset>
  );
}
