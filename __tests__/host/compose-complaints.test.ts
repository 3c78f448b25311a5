import { describe, expect, it } from '@jest/globals';
import { withoutValues } from '../../src/host/compose-complaints.js';

describe('what Compose complains of', () => {
  it.each([
    [
      'time="2026-11-29T14:11:13Z" level=warning msg="The \\"ecret\\" variable is not set. Defaulting to a blank string."',
      'time="2026-11-29T14:11:13Z" level=warning msg="The \\"…\\" variable is not set. Defaulting to a blank string."',
    ],
    [
      'WARN[0000] The "ecret" variable is not set. Defaulting to a blank string.',
      'WARN[0000] The "…" variable is not set. Defaulting to a blank string.',
    ],
    [
      'failed to read /srv/shop/.env: line 3: unterminated quoted value "secret',
      'failed to read /srv/shop/.env: line 3: (not shown)',
    ],
    [
      'failed to read /srv/shop/.env: unexpected character "\\n" in variable name near "secret\\nOTHER=x"',
      'failed to read /srv/shop/.env: (not shown)',
    ],
    [
      'failed to read /srv/shop/.env: required variable zz is missing a value: secret',
      'failed to read /srv/shop/.env: (not shown)',
    ],
    ["line 2: unterminated quoted value 'secret", 'line 2: unterminated quoted value (not shown)'],
    [
      'line 7: unexpected character "!" in variable name "secret!"',
      'line 7: unexpected character (not shown)',
    ],
    ['Invalid template: "secret${b"', 'Invalid template: (not shown)'],
  ])('%s is told without values', (said, told) => {
    expect(withoutValues(said)).toBe(told);
    expect(withoutValues(`before\n${said}\nafter`)).toBe(`before\n${told}\nafter`);
  });

  it.each([
    'failed to read dockerfile: open Dockerfile: no such file or directory',
    'env file /srv/shop/app.env not found: stat /srv/shop/app.env: no such file or directory',
    'required variable TAG is missing a value: set it',
    'line 4: syntax error near fi',
    'service "api" refers to undefined network front: invalid compose project',
  ])('%s is told as it is', (said) => {
    expect(withoutValues(said)).toBe(said);
  });
});
