import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readDocument } from './read-document.ts';
import { ComponentFailed, initialProgress, type Progress, runPhase } from './run-phase.ts';
import { TestShell } from './test-shell.ts';
import { DocumentError } from './yaml-tree.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imago-components-'));
});
after(() => rm(folder, { recursive: true }));

/** A document of one phase with these steps. */
function documentOf(steps: string, phase = 'build', head = ''): string {
  return `schemaVersion: 1.0\n${head}phases:\n  - name: ${phase}\n    steps:\n${steps}`;
}

interface Ran {
  progress: Progress;
  log: string;
  shell: TestShell;
}

async function run(
  text: string,
  { phase = 'build', shell = new TestShell(folder), from = initialProgress() } = {},
): Promise<Ran> {
  let log = '';
  const progress = await runPhase(
    {
      document: readDocument(text),
      phase,
      parameters: {},
      id: 'c1',
      shell,
      log: (line) => {
        log += `${line}\n`;
      },
      output: (part) => {
        log += part;
      },
      save: async () => {},
      documentOf: async () => undefined,
    },
    from,
  );
  return { progress, log, shell };
}

test('a component creates a file, asserts it, and hands what it prints on', async () => {
  const file = path.join(folder, 'motd');
  const { log } = await run(
    documentOf(
      `      - name: Create
        action: CreateFile
        inputs:
          - path: ${file}
            content: "{{ Greeting }} {{ parameters.Whom }}\\n"
            permissions: 0640
      - name: Read
        action: ExecuteBash
        inputs:
          commands:
            - cat '{{ build.Create.inputs[0].path }}'
            - "echo '{{.Names}}'"
      - name: Check
        action: Assert
        inputs:
          and:
            - fileExists: ${file}
            - stringEquals: "hello world\\n{{.Names}}"
              value: "{{ build.Read.outputs.stdout }}"
            - not:
                folderExists: ${file}
`,
      'build',
      'parameters:\n  - Whom:\n      type: string\n      default: world\nconstants:\n  - Greeting:\n      type: string\n      value: hello\n',
    ),
  );
  assert.equal(await readFile(file, 'utf8'), 'hello world\n');
  assert.match(log, /hello world/);
});

test('loops count and go over lists, and their outputs are told apart', async () => {
  const { progress } = await run(
    documentOf(`      - name: Count
        action: ExecuteBash
        loop:
          name: counter
          for: { start: 1, end: 5, updateBy: 2 }
        inputs:
          commands: ["echo {{ loop.index }}-{{ counter.value }}"]
      - name: Each
        action: ExecuteBash
        loop:
          forEach: { list: "a,b", delimiter: "," }
        inputs:
          commands: ["echo {{ loop.value }}{{ build.Count[2].outputs.stdout }}"]
      - name: Same
        action: Assert
        inputs:
          stringEquals: b2-5
          value: "{{ build.Each[1].outputs.stdout }}"
`),
  );
  assert.equal(progress.outputs['build.Each[0].stdout'], 'a2-5');
});

test('a step is tried as often as it may be, and its failure ends what it says', async () => {
  const counter = path.join(folder, 'counter');
  const failing = (onFailure: string) =>
    documentOf(`      - name: Fail
        action: ExecuteBash
        maxAttempts: 3
        onFailure: ${onFailure}
        inputs: { commands: ["echo x >> ${counter}", "exit 3"] }
      - name: After
        action: ExecuteBash
        inputs: { commands: ["echo after"] }
`);
  await assert.rejects(run(failing('Abort')), (error: Error) => {
    assert.ok(error instanceof ComponentFailed);
    assert.match(error.message, /step Fail of phase build failed: exit code 3/);
    return true;
  });
  assert.equal(await readFile(counter, 'utf8'), 'x\nx\nx\n');
  await assert.rejects(run(failing('Continue')), /steps failed: Fail/);
  assert.match((await run(failing('Ignore'))).log, /after/);
});

test('exit code 194 reboots the machine, and the step is run again', async () => {
  const mark = path.join(folder, 'mark');
  const { shell } = await run(
    documentOf(`      - name: Reboots
        action: ExecuteBash
        inputs: { commands: ["[ -e ${mark} ] && exit 0", "touch ${mark}", "exit 194"] }
      - name: Again
        action: Reboot
`),
  );
  assert.equal(shell.reboots, 2);
  assert.equal(shell.ran.length, 2);
});

test('who dies at any moment goes on from there, and no command is done twice', async () => {
  const file = path.join(folder, 'steps');
  const text = documentOf(`      - name: One
        action: ExecuteBash
        inputs: { commands: ["echo one >> ${file}", "echo 1"] }
      - name: Loop
        action: ExecuteBash
        if: { fileExists: ${file} }
        loop: { forEach: [a, b] }
        inputs: { commands: ["echo {{ loop.value }}{{ build.One.outputs.stdout }} >> ${file}"] }
      - name: Again
        action: Reboot
`);
  const shell = new TestShell(folder);
  let saved = initialProgress();
  for (let deaths = 0; ; deaths++) {
    let saves = 0;
    const save = async (progress: Progress) => {
      // Each time one save further is still written.
      if (saves++ > 0) throw new Error('killed');
      saved = JSON.parse(JSON.stringify(progress));
    };
    const document = readDocument(text);
    const log = () => {};
    const documentOf = async () => undefined;
    const parts = {
      document,
      phase: 'build',
      parameters: {},
      id: 'c1',
      shell,
      log,
      output: log,
      save,
      documentOf,
    };
    const done = await runPhase(parts, saved).catch((error: Error) => error.message);
    if (done !== 'killed') break;
    assert.ok(deaths < 100);
  }
  assert.equal(await readFile(file, 'utf8'), 'one\na1\nb1\n');
  assert.equal(shell.reboots, 1);
});

test('a document that is not whole is refused with its line and its path', () => {
  for (const [text, expected] of [
    ['', /line 1: the document is empty/],
    ['schemaVersion: 2.0\nphases: []', /line 1, schemaVersion: the schemaVersion is 1.0/],
    ['schemaVersion: 1.0', /line 1: 'phases' is missing/],
    [
      documentOf('      - name: A\n        action: Fly\n'),
      /line 6, .*steps\[0\].action: there is no/,
    ],
    [
      documentOf('      - name: A\n        action: ExecutePowerShell\n'),
      /the action ExecutePowerShell is not supported: it is for Windows/,
    ],
    [
      documentOf('      - name: A\n        action: ExecuteBash\n'),
      /line 5, .*: 'inputs' is missing/,
    ],
    [
      documentOf(
        '      - name: A\n        action: ExecuteBash\n        inputs: { command: [x] }\n',
      ),
      /'commands' is missing/,
    ],
    [
      documentOf('      - name: A\n        action: Assert\n        inputs: { isSo: 1 }\n'),
      /there is no comparison 'isSo'/,
    ],
    [
      documentOf(
        '      - name: A\n        action: ExecuteBash\n        inputs: { commands: ["{{ build.B.outputs.stdout }}"] }\n',
      ),
      /refers to no step of this document/,
    ],
    [
      documentOf(
        '      - name: A\n        action: Reboot\n      - name: A\n        action: Reboot\n',
      ),
      /there is a 'A' already/,
    ],
    [
      documentOf('      - name: A\n        action: Reboot\n', 'deploy'),
      /one of the phases is build/,
    ],
    ['a: 1\na: 2', /line 2: Map keys must be unique/],
    ['['.repeat(30_000), /too deep/],
    ['a: &a [*a]', /too deep/],
    [`a: ${'x'.repeat(70_000)}`, /at most 65536 bytes/],
  ] as const) {
    assert.throws(
      () => readDocument(text),
      (error: Error) => {
        assert.ok(error instanceof DocumentError, String(error));
        assert.match(error.message, expected);
        return true;
      },
    );
  }
});

test('aliases that multiply end soon', () => {
  let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x]\n';
  for (let index = 1; index < 9; index++) {
    text += `a${index}: &a${index} [${Array(9).fill(`*a${index - 1}`)}]\n`;
  }
  assert.throws(() => readDocument(text), /too many values/);
});
