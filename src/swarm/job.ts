import { objectOf } from '../plan/compose/json.js';
import { renderStack, type StackFile } from './stack-file.js';

/**
 * A stack file of one job, which runs a command once where and with what a service runs.
 *
 * @returns its name as a service of the stack, and the text
 */
export function jobFile(
  stack: Omit<StackFile, 'refusals' | 'notes'>,
  { service, command }: { readonly service: string; readonly command: string },
  image: string,
): { readonly name: string; readonly file: string } {
  const name = `${service}-resee-deploy`;
  const definition = Object.fromEntries(
    Object.entries(objectOf(stack.services[service])).filter(([key]) => key !== 'ports'),
  );
  const { resources, placement } = objectOf(definition['deploy']);
  const job = {
    ...definition,
    // What it is called by must not lead requests to the job.
    networks: Object.fromEntries(
      Object.keys(objectOf(definition['networks'])).map((network) => [network, null]),
    ),
    // The file is interpolated once more.
    command: ['sh', '-c', command.replaceAll('$', '$$$$')],
    healthcheck: { disable: true },
    deploy: {
      mode: 'replicated-job',
      restart_policy: { condition: 'none' },
      ...(resources === undefined ? {} : { resources }),
      ...(placement === undefined ? {} : { placement }),
    },
  };
  return {
    name,
    file: renderStack({ ...stack, services: { [name]: job } }, { [name]: image }),
  };
}
