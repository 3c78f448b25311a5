import { describe, expect, it } from '@jest/globals';
import { commandWords } from '../../../src/plan/compose/commands.js';

describe('commandWords', () => {
  it.each([
    'python manage.py migrate --noinput',
    'migrate.py',
    'bin/rails db:migrate RAILS_ENV=production',
    'npx prisma@5 migrate deploy',
  ])('gives the words of %s to the entrypoint as they are', (command) => {
    expect(commandWords(command)).toEqual(command.split(' '));
  });

  it('takes blanks and tabs between words as one', () => {
    expect(commandWords(' a  b\tc ')).toEqual(['a', 'b', 'c']);
  });

  it.each([
    'migrate && collectstatic',
    'echo "$HOME"',
    "python -c 'print(1)'",
    'cd app; make',
    'exit 3',
    'A=1 migrate',
    'ls *.sql',
    'cat <file',
    'migrate # first',
  ])('gives %s to a shell', (command) => {
    expect(commandWords(command)).toEqual(['sh', '-c', command]);
  });
});
