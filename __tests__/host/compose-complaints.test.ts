import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toldByCompose, withoutValues } from '../../src/host/compose-complaints.js';

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
    ['services.web.ports.0: invalid containerPort: secret', 'services.web.ports.0: (not shown)'],
    [
      'invalid interpolation format for services.web.environment.KEY: "secret${"; you may need to escape any $ with another $',
      'invalid interpolation format for services.web.environment.KEY: (not shown)',
    ],
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

describe('an error of `docker compose config`', () => {
  it.each([
    [
      'validating /stage/srv/shop/compose.yaml: services.web.ports.0 Does not match format "ports": hunter2',
      'validating /stage/srv/shop/compose.yaml: services.web.ports.0 Does not match format "ports": …',
    ],
    ['services.web.ports.0: invalid containerPort: hunter2', 'services.web.ports.0: invalid …'],
    ["services.web.mem_limit: invalid size: 'hunter2'", 'services.web.mem_limit: invalid size: …'],
    [
      'failed to cast to expected type: services.web.scale: strconv.Atoi: parsing "hunter2": invalid syntax',
      'failed to cast to expected type: services.web.scale: …: parsing …: invalid syntax',
    ],
    [
      'invalid interpolation format for services.web.environment.KEY.\nYou may need to escape any $ with another $.\nhunter2 one\nhunter2 two ${',
      'invalid interpolation format for services.web.environment.KEY.\nYou may need to escape any … with another …\n… one\n…',
    ],
    [
      'failed to read /srv/shop/.env: line 3: unterminated quoted value "hunter2',
      'failed to read /srv/shop/.env: line 3: unterminated quoted value …',
    ],
    [
      'yaml: unmarshal errors:\n  line 3: cannot unmarshal !!str `hunter2` into int',
      'yaml: unmarshal errors:\nline 3: cannot unmarshal … into …',
    ],
    [
      'service "web" refers to undefined volume hunter2: invalid compose project',
      'service "web" refers to undefined volume …: invalid … project',
    ],
    [
      'service "web" depends on undefined service "hunter2": invalid compose project',
      'service "web" depends on undefined service …: invalid … project',
    ],
    [
      'error while interpolating services.web.environment.A: required variable TAG is missing a value: hunter2',
      'error while interpolating services.web.environment.A: required variable TAG is missing a value: …',
    ],
    [
      'time="2026-11-29T14:11:13Z" level=warning msg="The \\"ecret\\" variable is not set. Defaulting to a blank string."',
      '…: The … variable is not set. Defaulting to a … string.',
    ],
    ['hunter2-1 hunter2-2\nhunter2-3\nhunter2-4', '…'],
  ])('%s is told by what may be shown', (said, told) => {
    expect(toldByCompose(said)).toBe(told);
  });

  it.each([
    'env file /srv/shop/.env not found: stat /srv/shop/.env: no such file or directory',
    'Failed to load /stage/shop/prod.env: open /stage/shop/prod.env: no such file or directory',
    'validating /stage/compose.yaml: services.a Additional property imagee is not allowed',
    "validating /stage/compose.yaml: services.a additional properties 'imagee' not allowed",
    'yaml: line 2: found character that cannot start any token',
    'no configuration file provided: not found',
    'open /stage/prod.yml: no such file or directory',
    'docker compose did not end within 300 s',
    'services.web.init must be a boolean',
  ])('%s is told as it is', (said) => {
    expect(toldByCompose(said)).toBe(said);
  });

  it('shows no value, whatever it is made of and wherever it stands', () => {
    const value = fc
      .string({
        unit: fc.constantFrom(...Array.from('aZ09 ."\'`$:/@\n{}=-_')),
        minLength: 1,
        maxLength: 40,
      })
      .map((text) => `Zq7${text.replaceAll('\n', '\nZq7')}Zq7`);
    const errors = fc.constantFrom<(text: string) => string>(
      (text) => `services.web.ports.0 must be a string: "${text}"`,
      (text) => `invalid interpolation format for services.web.image: ${text}`,
      (text) => `failed to read /srv/.env: line 3: unexpected character "${text}"`,
      (text) => `required variable TAG is missing a value: ${text}`,
      (text) => `undefined service "${text}"`,
      (text) => text,
    );
    fc.assert(
      fc.property(errors, value, (error, text) => {
        expect(toldByCompose(error(text))).not.toContain('Zq7');
      }),
      { numRuns: 1_000 },
    );
  });
});
