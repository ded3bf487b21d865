/** What the owner of an image can say of it at any time, each with its dialog. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { Problem } from '../../parts/problem.tsx';
import { settingsText as text } from '../../text/image.ts';
import {
  DescriptionDialog,
  ImdsDialog,
  TypesDialog,
  WatermarkDialog,
} from './image-setting-dialogs.tsx';
import type { PartProps } from './kinds.ts';

const dialogs = {
  description: DescriptionDialog,
  watermark: WatermarkDialog,
  types: TypesDialog,
  imds: ImdsDialog,
};

export function ImageSettings({ image }: PartProps) {
  const [asked, setAsked] = useState<keyof typeof dialogs>();
  const detach = useChange('ec2', 'DetachImageWatermark');
  const { ImageId = '', ImageWatermarks = [], ImdsSupport, Public, State } = image;
  const Asked = asked && dialogs[asked];
  const notNow = State !== 'available' && text.notAvailable;
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {detach.error && <Problem error={detach.error} />}
      <ul class="rows">
        {ImageWatermarks.map(({ WatermarkKey = '' }) => (
          <li key={WatermarkKey}>
            <span>
              {text.watermark} <code>{WatermarkKey}</code>
            </span>
            <button
              type="button"
              aria-label={text.detachOne(WatermarkKey)}
              onClick={() => detach.mutate({ ImageId, WatermarkKey })}
            >
              {text.detach}
            </button>
          </li>
        ))}
      </ul>
      <div class="actions">
        <ActionButton because={notNow} onClick={() => setAsked('description')}>
          {text.description}
        </ActionButton>
        <ActionButton because={Public && text.isPublic} onClick={() => setAsked('watermark')}>
          {text.attach}
        </ActionButton>
        <ActionButton onClick={() => setAsked('types')}>{text.types}</ActionButton>
        <ActionButton
          because={ImdsSupport === 'v2.0' ? text.imdsIs : notNow}
          onClick={() => setAsked('imds')}
        >
          {text.imds}
        </ActionButton>
      </div>
      {Asked && <Asked image={image} close={() => setAsked(undefined)} />}
    </section>
  );
}
