import { resee } from './resee.js';
import type { StackDefinition } from './stack.js';
import { tiny } from './tiny.js';

export const stacks: readonly StackDefinition[] = [resee, tiny];
