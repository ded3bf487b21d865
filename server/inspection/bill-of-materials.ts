/**
 * Bills of materials of an image: its packages in the forms that others read. The same image has
 * the same document, so its id is made of the digests and its time is the image's.
 */
import { createHash } from 'node:crypto';
import packageFile from '../../package.json' with { type: 'json' };
import type { Package } from '../contents/installed-package.ts';
import type { PackagesOfImage } from './image-packages.ts';
import { packageUrl } from './package-url.ts';

export interface BillSubject {
  imageId: string;
  name: string;
  createdAt: string;
  /** Of its disks. */
  roots: readonly string[];
}

type Document = Record<string, unknown>;

export async function cyclonedx(of: BillSubject, contents: PackagesOfImage): Promise<Document> {
  const { Models, Enums, Serialize, Spec, SPDX } = await import('@cyclonedx/cyclonedx-library');
  const { ComponentType } = Enums;
  const { system, packages } = contents;
  const image = new Models.Component(ComponentType.OperatingSystem, system?.name ?? of.name, {
    bomRef: of.imageId,
    ...(system?.versionId !== undefined && { version: system.versionId }),
    description: `${of.name} (${of.imageId})`,
  });
  const bom = new Models.Bom({ serialNumber: `urn:uuid:${uuidOf(of, 'cyclonedx')}` });
  bom.metadata.timestamp = new Date(of.createdAt);
  bom.metadata.component = image;
  bom.metadata.tools.components.add(
    new Models.Component(ComponentType.Application, 'imago', { version: packageFile.version }),
  );
  for (const each of packages) {
    const purl = packageUrl(each, system);
    const component = new Models.Component(ComponentType.Library, each.name, {
      bomRef: purl,
      purl,
      version: each.version,
      ...(each.summary !== undefined && { description: each.summary }),
      ...(each.maintainer !== undefined && { publisher: each.maintainer }),
    });
    if (each.license !== undefined) {
      const { license } = each;
      const known = SPDX.isSupportedSpdxId(license);
      component.licenses.add(
        known ? new Models.SpdxLicense(license) : new Models.NamedLicense(license),
      );
    }
    bom.components.add(component);
    image.dependencies.add(component.bomRef);
  }
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const text = new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true });
  return JSON.parse(text);
}

/** SPDX 2.3. What is not known of a licence is NOASSERTION, as its text is not one of SPDX's. */
export function spdx(of: BillSubject, { system, packages }: PackagesOfImage): Document {
  const rootId = 'SPDXRef-image';
  const about = packages.map((each, index) => ({ each, id: `SPDXRef-package-${index + 1}` }));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: of.name,
    documentNamespace: `urn:uuid:${uuidOf(of, 'spdx')}`,
    creationInfo: {
      created: of.createdAt.replace(/\.\d+Z$/, 'Z'),
      creators: [`Tool: imago-${packageFile.version}`],
    },
    packages: [
      {
        ...spdxFacts(of.name, rootId),
        versionInfo: of.imageId,
        primaryPackagePurpose: 'OPERATING-SYSTEM',
        summary: system?.prettyName ?? of.name,
      },
      ...about.map(({ each, id }) => spdxPackage(each, id, packageUrl(each, system))),
    ],
    relationships: [
      {
        spdxElementId: 'SPDXRef-DOCUMENT',
        relationshipType: 'DESCRIBES',
        relatedSpdxElement: rootId,
      },
      ...about.map(({ id }) => ({
        spdxElementId: rootId,
        relationshipType: 'CONTAINS',
        relatedSpdxElement: id,
      })),
    ],
  };
}

function spdxFacts(name: string, SPDXID: string) {
  const none = 'NOASSERTION';
  return {
    name,
    SPDXID,
    downloadLocation: none,
    filesAnalyzed: false,
    licenseConcluded: none,
    licenseDeclared: none,
    copyrightText: none,
  };
}

function spdxPackage(of: Package, id: string, purl: string): Document {
  return {
    ...spdxFacts(of.name, id),
    versionInfo: of.version,
    ...(of.maintainer !== undefined && { supplier: `Organization: ${oneLine(of.maintainer)}` }),
    ...(of.homepage !== undefined && { homepage: of.homepage }),
    ...(of.summary !== undefined && { summary: of.summary }),
    ...(of.license !== undefined && { licenseComments: of.license }),
    ...(of.source !== undefined && {
      sourceInfo: `built of ${of.source} ${of.sourceVersion ?? of.version}`,
    }),
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER',
        referenceType: 'purl',
        referenceLocator: purl,
      },
    ],
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** In the form of one that is random, and always the same for the same. */
function uuidOf({ imageId, roots }: BillSubject, format: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([format, imageId, ...roots]))
    .digest();
  hash[6] = ((hash[6] as number) & 0x0f) | 0x80;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
