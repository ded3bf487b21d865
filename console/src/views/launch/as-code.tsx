/** The launch in other words. */
import { useState } from 'preact/hooks';
import { common } from '../../text/common.ts';
import { launchText as text } from '../../text/launch.ts';
import { awsCliOf, terraformOf } from './code-of.ts';
import { requestOf, type Wanted } from './wanted.ts';

export function AsCode({ wanted }: { wanted: Wanted }) {
  const [isTerraform, setIsTerraform] = useState(false);
  const request = requestOf(wanted);
  const code = isTerraform ? terraformOf(request, wanted.rootDevice) : awsCliOf(request);
  return (
    <section class="as-code" aria-label={text.asCode}>
      <div class="actions">
        <button type="button" aria-pressed={!isTerraform} onClick={() => setIsTerraform(false)}>
          aws-cli
        </button>
        <button type="button" aria-pressed={isTerraform} onClick={() => setIsTerraform(true)}>
          Terraform
        </button>
        <button type="button" class="plain" onClick={() => navigator.clipboard.writeText(code)}>
          {common.copyShort}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it */}
      <pre tabIndex={0}>{code}</pre>
    </section>
  );
}
