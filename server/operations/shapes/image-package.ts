/** A package of an image as it is answered. */
import type { ImagePackage } from '../../../api/imago-contents.ts';
import type { Package } from '../../contents/installed-package.ts';
import type { OsRelease } from '../../contents/os-release.ts';
import { packageUrl } from '../../inspection/package-url.ts';

export function packageShape(of: Package, system: OsRelease | undefined): ImagePackage {
  return {
    Manager: of.manager,
    Name: of.name,
    Version: of.version,
    Architecture: of.architecture,
    ...(of.source !== undefined && { Source: of.source }),
    ...(of.sourceVersion !== undefined && { SourceVersion: of.sourceVersion }),
    ...(of.license !== undefined && { License: of.license }),
    ...(of.maintainer !== undefined && { Maintainer: of.maintainer }),
    ...(of.homepage !== undefined && { Homepage: of.homepage }),
    ...(of.summary !== undefined && { Summary: of.summary }),
    ...(of.installedSizeBytes !== undefined && { InstalledSizeBytes: of.installedSizeBytes }),
    PackageUrl: packageUrl(of, system),
  };
}
