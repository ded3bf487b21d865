/** What an image is: its properties, disks and tags. */
import { CopiedId } from '../../parts/copied-id.tsx';
import { Facts } from '../../parts/facts.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Tags } from '../../parts/tags.tsx';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import { imageText as text } from '../../text/image.ts';
import type { Image, PartProps } from './kinds.ts';

export function ImageDetails({ image, isOwn }: PartProps) {
  const { ImageId = '', BlockDeviceMappings = [] } = image;
  return (
    <>
      <section class="card">
        <h2>{text.facts.title}</h2>
        <Facts of={facts(image)} />
      </section>
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

function facts(image: Image) {
  const names = text.facts;
  return [
    [names.id, <CopiedId key="id" id={image.ImageId} />],
    [names.description, image.Description],
    [names.owner, image.ImageOwnerAlias ?? image.OwnerId],
    [names.created, <Time key="created" at={image.CreationDate} />],
    [names.launched, <Time key="launched" at={image.LastLaunchedTime} />],
    [names.platform, `${image.PlatformDetails}, ${image.Architecture}`],
    [names.boot, [image.BootMode ?? 'bios', image.TpmSupport].filter(Boolean).join(', TPM ')],
    [names.public, yesNo(image.Public)],
    [names.allowed, image.ImageAllowed === undefined ? undefined : yesNo(image.ImageAllowed)],
    [names.deprecation, <Time key="deprecation" at={image.DeprecationTime} />],
    [names.protection, image.DeregistrationProtection],
    [names.imds, image.ImdsSupport ?? 'v1, v2'],
    [names.ena, yesNo(image.EnaSupport)],
    [names.source, image.SourceImageId && <IdLink key="source" id={image.SourceImageId} />],
    [names.instance, image.SourceInstanceId && <IdLink key="i" id={image.SourceInstanceId} />],
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

type Mapping = NonNullable<Image['BlockDeviceMappings']>[number];

const diskColumns: Column<Mapping>[] = [
  { title: text.disks.device, cell: ({ DeviceName }) => <code>{DeviceName}</code> },
  { title: text.disks.snapshot, cell: ({ Ebs }) => <IdLink id={Ebs?.SnapshotId} /> },
  { title: text.disks.size, cell: ({ Ebs }) => `${Ebs?.VolumeSize ?? 0} GiB`, isFigure: true },
  { title: text.disks.type, cell: ({ Ebs, VirtualName }) => Ebs?.VolumeType ?? VirtualName },
  { title: text.disks.ends, cell: ({ Ebs }) => yesNo(Ebs?.DeleteOnTermination) },
];
