import { invocationsOf } from '../compose/commands.js';
import { listOf } from '../compose/json.js';
import type { Service } from '../compose/stack.js';

/** Commands that take jobs out of a queue, and listen to nobody. */
const TAKING_JOBS =
  /(?:^|[\s:/])(?:celery\s(?:.*\s)?worker|queue:(?:work|listen)|horizon|sidekiq|resque:work|resque-pool|good_job|delayed_job|jobs:work|solid_queue:start|bin\/jobs|dramatiq|rq\s+worker|rqworker|huey_consumer(?:\.py)?|arq|qcluster|run_huey|db_worker|process_tasks|taskiq\s+worker|messenger:consume|graphile-worker|worker\.(?:[cm]?[jt]s|py|rb|php)|bin\/worker)(?:\s|$)/;

/** What people call what runs them. */
const NAME = /(?:^|[-_.])(?:workers?|queue|celery|sidekiq|consumers?)$/;

/** Programs that take requests, at a port or at a socket. */
const SERVERS = new Set(
  'gunicorn uvicorn hypercorn daphne granian waitress-serve uwsgi puma unicorn thin falcon rackup passenger php-fpm apache2-foreground httpd nginx caddy'.split(
    ' ',
  ),
);

/** True for the name of a program, or of a process, that takes requests. */
export function isServerProgram(name: string): boolean {
  // php-fpm8.3
  return SERVERS.has(name.replace(/[\d.]+$/, ''));
}

/** True where the command, or the name, is of those that only take jobs out of a queue. */
export function isQueueWorker({ name, command }: Service): boolean {
  const invocations = invocationsOf(command);
  const { program = '', words = [] } = invocations.at(-1) ?? {};
  return (
    (NAME.test(name) || TAKING_JOBS.test([program, ...words].join(' '))) &&
    !invocations.some((each) => isServerProgram(each.program))
  );
}

/** True where it says that it listens at a port. */
export function isExposed({ definition }: Service): boolean {
  return listOf(definition['expose']).length > 0;
}
