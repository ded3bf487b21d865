/** The launch template that a launch begins with, and which of its versions. */
import { useId } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { launchText as text } from '../../text/launch.ts';

interface Props {
  id: string;
  version: string;
  onChange(id: string, version: string): void;
}

const shownMax = 200;

export function TemplateField({ id, version, onChange }: Props) {
  const field = useId();
  const input = { MaxResults: shownMax };
  const found = useAction('ec2', 'DescribeLaunchTemplates', input, { tables: ['launchTemplates'] });
  const templates = found.data?.LaunchTemplates ?? [];
  const versions = useVersions(id);
  if (templates.length === 0 && !id) return null;
  return (
    <div class="field">
      <label for={field}>{text.template}</label>
      <span class="chosen">
        <select
          id={field}
          value={id}
          onChange={({ currentTarget }) => onChange(currentTarget.value, '')}
        >
          <option value="">{text.noTemplate}</option>
          {templates.map(({ LaunchTemplateId = '', LaunchTemplateName }) => (
            <option key={LaunchTemplateId} value={LaunchTemplateId}>
              {LaunchTemplateName}
            </option>
          ))}
        </select>
        {id && (
          <select
            aria-label={text.version}
            value={version}
            onChange={({ currentTarget }) => onChange(id, currentTarget.value)}
          >
            <option value="">{text.defaultVersion}</option>
            <option value="$Latest">{text.latestVersion}</option>
            {versions.map(({ VersionNumber, VersionDescription }) => (
              <option key={VersionNumber} value={`${VersionNumber}`}>
                {text.versionOf(VersionNumber ?? 0, VersionDescription)}
              </option>
            ))}
          </select>
        )}
      </span>
    </div>
  );
}

export function useVersions(id: string) {
  const input = { LaunchTemplateId: id, MaxResults: shownMax };
  const asking = {
    tables: ['launchTemplates', 'launchTemplateVersions'],
    enabled: id !== '',
  } as const;
  const found = useAction('ec2', 'DescribeLaunchTemplateVersions', input, asking);
  return id ? (found.data?.LaunchTemplateVersions ?? []) : [];
}

/** What the version says that is meant. */
export function useTemplateData(id: string, version: string) {
  const versions = useVersions(id);
  const latest = Math.max(0, ...versions.map(({ VersionNumber = 0 }) => VersionNumber));
  const meant = versions.find(({ VersionNumber, DefaultVersion }) => {
    if (version === '') return DefaultVersion;
    return VersionNumber === (version === '$Latest' ? latest : Number(version));
  });
  return meant?.LaunchTemplateData;
}
