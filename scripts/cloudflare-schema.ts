/**
 * Writes docs/cloudflare.schema.json, by which editors check the file of the input `cloudflare-config`, from
 * src/edge/config/schema.ts, by which the action does.
 *
 *   tsx scripts/cloudflare-schema.ts [--check]
 *
 * With `--check` nothing is written, and a file that is out of date is an error.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { CONFIG_SCHEMA, toJsonSchema } from '../src/edge/config/schema.js';

const PATH = 'docs/cloudflare.schema.json';

async function main(check: boolean): Promise<void> {
  const options = { parser: 'json', printWidth: 100 };
  const text = await format(JSON.stringify(toJsonSchema(CONFIG_SCHEMA)), options);
  if (!check) {
    writeFileSync(PATH, text);
    console.log(`${PATH} is what src/edge/config/schema.ts says`);
  } else if (readFileSync(PATH, 'utf8') !== text) {
    console.error(`${PATH} is not what src/edge/config/schema.ts says: run npm run reference`);
    process.exitCode = 1;
  }
}

void main(process.argv.includes('--check'));
