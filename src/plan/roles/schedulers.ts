import { baseName, invocationsOf } from '../compose/commands.js';
import { isObject, textOf } from '../compose/json.js';
import type { Service } from '../compose/stack.js';
import { isExposed, isQueueWorker } from './workers.js';

/** Words of a command that are a scheduler's, `scheduler` in `run taskworker-scheduler` as well. */
const WORDS = new Set(
  'beat celerybeat scheduler schedulers taskscheduler cron crond crontab crontabber ofelia supercronic clockwork rqscheduler'.split(
    ' ',
  ),
);
/** `short-schedule:run` of Laravel. */
const WHOLE = /^(?:schedule|(?:[\w-]+-)?schedule:(?:work|run)|--with-scheduler|dagster-daemon)$/;
/** Options whose value names an app or a queue, which may be called anything. */
const NAMING = new Set('-A --app -Q --queues -q --queue -n --hostname --name'.split(' '));
/** A worker, or a program of another purpose, that schedules as well: huey's consumer unless it is told not to. */
const EMBEDDED =
  /\bcelery\b.*\s(?:-B|--beat)(?:\s|$)|\brails\s+runner\b|\b(?:huey_consumer|run_huey)\b(?!.*\s(?:-n|--no-periodic)(?:\s|$))/;
/** A command line that is a loop without an end, and waits in it. */
const LOOP =
  /(?:^|[\s;&('"])(?:(?:while\s+(?:true|:|\[+ 1 \]+|\(\(\s*1\s*\)\))|until\s+(?:false|\[+ 0 \]+)|for\s*\(\(\s*;\s*;\s*\)\))\s*[;\n]\s*do\s[^]*\bsleep\s|while\s+sleep\s[^]*[;\n]\s*do\s)[^]*\bdone[;\s'"]*$/;
/** Five fields of a crontab, and what they run. */
const CRON_LINE =
  /^\s*(?:@(?:hourly|daily|weekly|monthly)|(?:[\d*/,-]+\s+){4}[\d*/,a-zA-Z-]+)\s+\S/;
const CRON_FIELDS =
  /^\s*(?:@(?:hourly|daily|weekly|monthly)|(?:[\d*/,-]+\s+){4}[\d*/,a-zA-Z-]+)\s*$/;
/** Schedulers of other people's, by image. */
const IMAGE =
  /(?:^|\/)(?:ofelia|chadburn|supercronic|crond?|crontab|docker-cron|[\w-]*scheduler)(?:[:@]|$)/;
/** Variables that say what an image of several parts is to be here, and their values for a scheduler. */
const PART =
  /^(?:\w+_)?(?:ROLE|PROCESS|COMPONENT|(?:PROCESS|CONTAINER|SERVICE)_TYPE)$|^(?:(?:APP|RUN|START|CONTAINER)_)?MODE$/;
const PARTS = /^(?:(?:celery[-_]?)?beat|schedulers?|schedule|cron)$/i;
/** A worker that runs the scheduler as well. */
const WITH_BEAT = /(?:^|_)BEAT(?:_|$)/;
const YES = /^(?:1|true|yes|on)$/i;
/** What people call them. `clock` means one only as the last word: `clock-api` tells the time. */
const NAME =
  /(?:^|[-_.])(?:celery)?beat(?:$|[-_.])|(?:^|[-_.])(?:\w*schedulers?|schedule|cron(?:d|tab|tabber|jobs?)?)(?:$|[-_.])|(?:^|[-_.])clock$/;

/** True where the command, a variable, or an image that the stack does not build, is a scheduler. */
export function isScheduler(service: Service): boolean {
  const { command, image, build } = service;
  if (build === undefined && IMAGE.test(image)) return true;
  if (isToldToSchedule(service)) return true;
  if (EMBEDDED.test(command.join(' ')) || command.some((word) => CRON_LINE.test(word))) return true;
  const words = command.flatMap((word) => word.split(/[\s'";&|()]+/)).filter((word) => word !== '');
  return words.some((word, index) => !NAMING.has(words[index - 1] ?? '') && isSchedulerWord(word));
}

/** True where its variables say that it is one. */
function isToldToSchedule(service: Service): boolean {
  const { environment } = service.definition;
  return Object.entries(isObject(environment) ? environment : {}).some(([name, value]) => {
    const text = textOf(value) ?? '';
    return (
      (PART.test(name) && PARTS.test(text)) ||
      (WITH_BEAT.test(name) && YES.test(text) && isQueueWorker(service))
    );
  });
}

/** True where the command does its work again and again, with a pause between: two would do it twice. */
export function isPeriodic({ command }: Service): boolean {
  return LOOP.test(command.join(' '));
}

/** Bots keep a connection of their own to a messenger, which tells each of them everything. */
const BOT = /(?:^|[-_.])(?:\w*bots?)(?:$|[-_.])/i;
const POLLER = /(?:^|[-_.])poll(?:er|ing)?(?:$|[-_.])/i;
/** An option that says how often it is to look. */
const EVERY = /^--(?:poll(?:ing)?-?)?interval(?:=|$)/;
/** A variable that says when it is to work, of whatever name. */
const TIME = /CRON|SCHEDULE/;

/**
 * Why two of a service would do its work twice for a moment, where nothing shows that it takes requests or jobs: a
 * bot, a poller, a schedule in its variables. Undefined: nothing shows that either, or others call it.
 *
 * @param others the services of the stack
 */
export function actsAlone(service: Service, others: readonly Service[]): string | undefined {
  const { name, command, definition } = service;
  if (isExposed(service) || others.some((other) => isCalledBy(service, other))) return undefined;
  const programs = invocationsOf(command).flatMap(({ program, words }) => [program, ...words]);
  const scripts = programs.filter((word) => !word.startsWith('-')).map(baseName);
  if ([name, ...scripts].some((word) => BOT.test(word)))
    return 'a bot: two would get every message';
  if (
    [name, ...scripts].some((word) => POLLER.test(word)) ||
    programs.some((word) => EVERY.test(word))
  )
    return 'it looks for work by itself: two would find the same';
  const { environment } = definition;
  const isTimed = Object.entries(isObject(environment) ? environment : {}).some(
    ([variable, value]) => TIME.test(variable) && CRON_FIELDS.test(textOf(value) ?? ''),
  );
  return isTimed ? 'its variables hold a schedule: two would work at the same times' : undefined;
}

/** True where variables or the command of the other one hold an address of it: `http://mailbot:8000`. */
function isCalledBy({ name }: Service, other: Service): boolean {
  if (other.name === name) return false;
  const text = JSON.stringify([other.definition['environment'] ?? {}, other.command]);
  return (
    text.includes(`//${name}/`) ||
    text.includes(`//${name}"`) ||
    text.includes(`/${name}:`) ||
    text.includes(`"${name}:`)
  );
}

/** True where the service is called as schedulers are. */
export function hasSchedulerName({ name }: Service): boolean {
  return NAME.test(name);
}

function isSchedulerWord(word: string): boolean {
  if (WHOLE.test(word)) return true;
  if (word.startsWith('-')) return false;
  const name = baseName(word).replace(/\.(?:[cm]?[jt]s|py|rb|sh|php)$/, '');
  return name.split(/[-_.:]/).some((part) => WORDS.has(part) || part.endsWith('scheduler'));
}
