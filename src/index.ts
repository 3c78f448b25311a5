import * as core from '@actions/core';
import { main } from './main.js';
import { post } from './post.js';

/** The runner starts the same file twice: for the step, and, after the job's last step, for `post`. */
const STATE_IS_POST = 'isPost';

if (core.getState(STATE_IS_POST) === '') {
  core.saveState(STATE_IS_POST, 'true');
  await main();
} else {
  await post();
}
