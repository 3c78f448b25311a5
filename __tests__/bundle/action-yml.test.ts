import { describe, expect, it } from '@jest/globals';
import { validate, type ActionsMetadataProvider } from '@actions/languageservice';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';

type ActionMetadata = NonNullable<
  Awaited<ReturnType<ActionsMetadataProvider['fetchActionMetadata']>>
>;
interface ActionFile extends ActionMetadata {
  readonly runs: { readonly using: string; readonly main: string; readonly post: string };
}

function isActionFile(value: unknown): value is ActionFile {
  return typeof value === 'object' && value !== null && 'inputs' in value && 'runs' in value;
}

const actionText = readFileSync('action.yml', 'utf8');
const action: unknown = parse(actionText);
if (!isActionFile(action)) throw new Error('action.yml has no inputs or no runs');

/** Ours as it stands in this tree; the inputs of others are not ours to judge. */
const metadata: ActionsMetadataProvider = {
  fetchActionMetadata: ({ name }) =>
    Promise.resolve(name === 'resee-deploy-action' ? action : { name, description: '' }),
};

let documents = 0;

/** What GitHub's own language service says about a file: `line: message`. */
async function complaints(path: string, text: string): Promise<string[]> {
  // The service remembers what it read by address: each text gets a directory of its own.
  documents += 1;
  const document = TextDocument.create(`file:///${documents}/${path}`, 'yaml', 1, text);
  const diagnostics = await validate(document, { actionsMetadataProvider: metadata });
  return diagnostics.map(({ range, message }) => {
    const said = typeof message === 'string' ? message : message.value;
    return `${range.start.line + 1}: ${said}`;
  });
}

function workflowsUnder(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((file) => join(directory, file))
    .filter((path) => /[/]workflows[/][^/]+\.ya?ml$/.test(path));
}

/** The whole workflows in a Markdown file; shorter snippets are not for this test. */
function workflowsIn(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```ya?ml\n([^]*?)^```$/gm)].map(([, text = '']) => text);
  return blocks.filter((text) => /^on:/m.test(text) && /^jobs:/m.test(text));
}

describe('action.yml', () => {
  it('is accepted by the language service of GitHub Actions', async () => {
    expect(await complaints('action.yml', actionText)).toEqual([]);
  });

  it('would not be accepted with an expression in a description, which a runner evaluates', async () => {
    const broken = actionText.replace('    description: ', '    description: ${{ needs.a }} ');
    expect(await complaints('action.yml', broken)).not.toEqual([]);
  });

  it('runs on Node 24, and the files that it names exist', () => {
    expect(action.runs.using).toBe('node24');
    expect([action.runs.main, action.runs.post].filter((path) => !existsSync(path))).toEqual([]);
  });
});

describe('the workflows that we show and run', () => {
  const files = [...workflowsUnder('.github'), ...workflowsUnder('examples')];

  it.each(files)('%s is accepted, with the inputs of this action', async (path) => {
    expect(await complaints('.github/workflows/w.yml', readFileSync(path, 'utf8'))).toEqual([]);
  });

  it.each(
    ['README.md', 'README.ko.md', 'docs/reference.md', 'CONTRIBUTING.md', 'SECURITY.md'].filter(
      (path) => existsSync(path),
    ),
  )('%s shows workflows that are accepted', async (path) => {
    for (const text of workflowsIn(readFileSync(path, 'utf8'))) {
      expect(await complaints('.github/workflows/w.yml', text)).toEqual([]);
    }
  });

  it('would not be accepted with a misspelt input', async () => {
    const steps = 'steps: [{ uses: org/resee-deploy-action@v1, with: { hots: x } }]';
    const text = `on: push\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    ${steps}\n`;
    expect(await complaints('.github/workflows/w.yml', text)).toContainEqual(
      expect.stringContaining("Invalid action input 'hots'"),
    );
  });
});
