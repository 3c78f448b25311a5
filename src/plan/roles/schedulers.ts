import { baseName } from '../compose/commands.js';
import { isObject, textOf } from '../compose/json.js';
import type { Service } from '../compose/stack.js';
import { isQueueWorker } from './workers.js';

/** Words of a command that are a scheduler's, `scheduler` in `run taskworker-scheduler` as well. */
const WORDS = new Set(
  'beat celerybeat scheduler schedulers taskscheduler cron crond crontab crontabber ofelia supercronic clockwork rqscheduler'.split(
    ' ',
  ),
);
const WHOLE = new Set(['schedule', 'schedule:work', 'schedule:run', '--with-scheduler']);
/** Options whose value names an app or a queue, which may be called anything. */
const NAMING = new Set('-A --app -Q --queues -q --queue -n --hostname --name'.split(' '));
const EMBEDDED = /\bcelery\b.*\s(?:-B|--beat)(?:\s|$)|\brails\s+runner\b/;
/** A command line that is a loop without an end, and waits in it. */
const LOOP =
  /(?:^|[\s;&('"])while\s+(?:(?:true|:|\[+ 1 \]+|\(\(\s*1\s*\)\))\s*[;\n]\s*do\s[^]*\bsleep\s|sleep\s[^]*[;\n]\s*do\s)[^]*\bdone[;\s'"]*$/;
/** Five fields of a crontab, and what they run. */
const CRON_LINE =
  /^\s*(?:@(?:hourly|daily|weekly|monthly)|(?:[\d*/,-]+\s+){4}[\d*/,a-zA-Z-]+)\s+\S/;
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

/** True where the service is called as schedulers are. */
export function hasSchedulerName({ name }: Service): boolean {
  return NAME.test(name);
}

function isSchedulerWord(word: string): boolean {
  if (WHOLE.has(word)) return true;
  if (word.startsWith('-')) return false;
  const name = baseName(word).replace(/\.(?:[cm]?[jt]s|py|rb|sh|php)$/, '');
  return name.split(/[-_.:]/).some((part) => WORDS.has(part));
}
