/** What an image is: its properties, disks and tags. */
import { consistencyIn } from '../../parts/consistency.tsx';
import { CopiedId } from '../../parts/copied-id.tsx';
import { Facts } from '../../parts/facts.tsx';
import { bytes } from '../../parts/format.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Tags } from '../../parts/tags.tsx';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import { consistencyText } from '../../text/consistency.ts';
import { imageText as text } from '../../text/image.ts';
import { AllowedFact } from './allowed-fact.tsx';
import { type Captured, capturedOf } from './captured.ts';
import { ImageProgress } from './image-progress.tsx';
import { wordsOf } from './image-setting-dialogs.tsx';
import { ImageSettings } from './image-settings.tsx';
import type { Image, PartProps } from './kinds.ts';
import { systemOf } from './system.ts';

export function ImageDetails({ image, isOwn }: PartProps) {
  const { ImageId = '', BlockDeviceMappings = [] } = image;
  const captured = capturedOf(image);
  return (
    <>
      {image.State === 'pending' && <ImageProgress id={ImageId} />}
      <section class="card">
        <h2>{text.facts.title}</h2>
        <Facts of={facts(image, isOwn)} />
      </section>
      {captured && (
        <section class="card">
          <h2>{text.captured.title}</h2>
          <Facts of={captureFacts(captured)} />
        </section>
      )}
      {isOwn && <ImageSettings image={image} isOwn />}
      <section class="card">
        <h2>{text.disks.title}</h2>
        <List
          caption={text.disks.title}
          columns={diskColumns}
          items={BlockDeviceMappings}
          keyOf={({ DeviceName = '' }) => DeviceName}
          empty={text.disks.none}
        />
      </section>
      <Tags id={ImageId} tags={image.Tags} isOwn={isOwn} />
    </>
  );
}

const yesNo = (value: boolean | undefined) => (value ? common.yes : common.no);

function facts(image: Image, isOwn: boolean) {
  const names = text.facts;
  return [
    [names.id, <CopiedId key="id" id={image.ImageId} />],
    [names.description, image.Description],
    [names.owner, image.ImageOwnerAlias ?? image.OwnerId],
    [names.created, <Time key="created" at={image.CreationDate} />],
    [names.launched, <Time key="launched" at={image.LastLaunchedTime} />],
    [names.platform, `${systemOf(image).name}, ${image.PlatformDetails}, ${image.Architecture}`],
    [names.boot, text.boot(image.BootMode)],
    [names.tpm, text.tpm(image.TpmSupport)],
    [names.public, yesNo(image.Public)],
    [names.allowed, <AllowedFact key="allowed" image={image} isOwn={isOwn} />],
    [names.deprecation, <Time key="deprecation" at={image.DeprecationTime} />],
    ...(isOwn ? [[names.protection, protectionOf(image)] as const] : []),
    [names.imds, image.ImdsSupport === 'v2.0' ? text.imds.v2 : text.imds.any],
    [names.types, typesOf(image)],
    [names.ena, yesNo(image.EnaSupport)],
    [names.source, image.SourceImageId && <IdLink key="source" id={image.SourceImageId} />],
    [names.instance, image.SourceInstanceId && <IdLink key="i" id={image.SourceInstanceId} />],
    [consistencyText.title, consistencyIn(image)],
    [names.products, image.ProductCodes?.map(({ ProductCodeId }) => ProductCodeId).join(', ')],
    [
      names.watermarks,
      image.ImageWatermarks?.map(({ WatermarkKey }) => (
        <Mark key={WatermarkKey}>{WatermarkKey}</Mark>
      )),
    ],
    [names.parameter, image.PublicSsmParameterName],
    [names.reason, image.StateReason?.Message],
  ] as const;
}

const protectionOf = ({ DeregistrationProtection: protection = 'disabled' }: Image) =>
  text.protection[protection] ?? protection;

function typesOf({ InstanceTypeSpecification: types }: Image): string | undefined {
  const supported = wordsOf(types?.SupportedInstanceTypes);
  const unsupported = wordsOf(types?.UnsupportedInstanceTypes);
  return [supported && text.only(supported), unsupported && text.not(unsupported)]
    .filter(Boolean)
    .join('; ');
}

function captureFacts(captured: Captured) {
  const { pauseMs, hooksMs, captureMs, storedBytes, sharedBytes } = captured;
  const names = text.captured;
  return [
    [names.pause, pauseMs === undefined ? names.rebooted : names.ms(pauseMs)],
    ...(hooksMs === undefined ? [] : [[names.hooks, names.ms(hooksMs)] as const]),
    [names.took, names.ms(captureMs)],
    [names.stored, bytes(storedBytes)],
    [names.shared, bytes(sharedBytes)],
  ] as const;
}

type Mapping = NonNullable<Image['BlockDeviceMappings']>[number];

const diskColumns: Column<Mapping>[] = [
  { title: text.disks.device, cell: ({ DeviceName }) => <code>{DeviceName}</code> },
  { title: text.disks.snapshot, cell: ({ Ebs }) => <IdLink id={Ebs?.SnapshotId} /> },
  { title: text.disks.size, cell: ({ Ebs }) => `${Ebs?.VolumeSize ?? 0} GiB`, isFigure: true },
  { title: text.disks.type, cell: ({ Ebs, VirtualName }) => Ebs?.VolumeType ?? VirtualName },
  { title: text.disks.ends, cell: ({ Ebs }) => yesNo(Ebs?.DeleteOnTermination) },
];
