/** Package URLs (purl): what a package is called in bills of materials and vulnerability feeds. */
import type { Package } from '../contents/installed-package.ts';
import type { OsRelease } from '../contents/os-release.ts';

const types = { dpkg: 'deb', apk: 'apk', rpm: 'rpm' } as const;
/** Where a system does not say what it is. */
const usualNames = { dpkg: 'debian', apk: 'alpine', rpm: 'redhat' } as const;

export function packageUrl(of: Package, system: OsRelease = {}): string {
  const { manager, name, version, architecture, source, sourceVersion } = of;
  const distributor = system.id ?? usualNames[manager];
  const [, epoch, rest = version] = (manager === 'rpm' && /^(\d+):(.*)$/.exec(version)) || [];
  const upstream = source && (sourceVersion ? `${source}@${sourceVersion}` : source);
  const release = system.versionId ? `${distributor}-${system.versionId}` : distributor;
  const qualifiers = Object.entries({ arch: architecture, distro: release, epoch, upstream })
    .filter(([, value]) => value)
    .map(([key, value]) => `${key}=${encoded(value as string)}`);
  const place = `pkg:${types[manager]}/${encoded(distributor.toLowerCase())}`;
  return `${place}/${encoded(name)}@${encoded(rest)}?${qualifiers.join('&')}`;
}

/** The colon stays as it is. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
}
