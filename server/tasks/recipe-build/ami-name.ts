/** What the images of a build are called. */
import type { ImageBuildRow } from '../../catalog/rows/image-build.ts';

const nameMaxChars = 128;

/** The placeholders are Image Builder's: when the build began, and its version. */
export function amiName(build: ImageBuildRow, template: string | undefined): string {
  const date = build.createdAt.replaceAll(':', '-');
  if (template === undefined) {
    return `${build.recipe.name.slice(0, nameMaxChars - date.length - 1)} ${date}`;
  }
  return template
    .replaceAll(/\{\{\s*imagebuilder:buildDate\s*\}\}/g, date)
    .replaceAll(/\{\{\s*imagebuilder:buildVersion\s*\}\}/g, String(build.build));
}
