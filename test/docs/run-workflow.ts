/** A workflow run event by event against a scene: the bundle in a process of its own, with what its job says. */

import type { Job as Ran } from '../action/runner.ts';
import type { Scene } from '../action/scene.ts';
import type { Area, Level } from '../helpers/github/access.ts';
import { adminKey } from '../helpers/world.ts';
import { git } from '../record/git-fixture.ts';
import { evaluate, type Job, jobsFor, type Step, tollgateStep, type Workflow } from './workflow.ts';

export function pushMain({ github, remote }: Scene) {
  const after = git(remote, 'rev-parse', 'main');
  return github.eventPayload('push', { pushed: { ref: 'refs/heads/main', before: '0'.repeat(40), after } });
}

/** What a runner does for an event: the job, its permissions, its steps with their expressions. */
export async function runWorkflow(
  scene: Scene,
  workflow: Workflow,
  event: string,
  payload: unknown,
  ref: string,
  inputs: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const [job] = jobsFor(workflow, event);
  if (job === undefined) throw new Error(`no job for ${event}`);
  scene.grant(job.permissions as Partial<Record<Area, Level>>);
  const secrets = { PORTKEY_READ_KEY: adminKey, PORTKEY_APPLY_KEY: adminKey };
  const context = { secrets, inputs, github: { event: payload } };
  const step = tollgateStep(job);
  const checkout = job.steps?.find(({ uses }) => uses?.startsWith('actions/checkout@'));
  const checkedOut = evaluate(checkout?.with?.ref ?? '', context) || ref;
  const ran = await scene.job(event, payload, valuesOf(step, context), checkedOut);
  upload(scene, job, ran, payload);
  return ran;
}

function valuesOf(step: Step | undefined, context: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(step?.with ?? {}).map(([name, value]) => [name, evaluate(value, context)]));
}

/** actions/upload-artifact, where the workflow has it and there is something. */
function upload(scene: Scene, job: Job, { outputs }: Ran, payload: unknown): void {
  const step = job.steps?.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
  if (step === undefined || outputs['plan-file'] === undefined) return;
  const values = valuesOf(step, { steps: { plan: { outputs } } });
  const { head } = (payload as { readonly pull_request: { readonly head: { readonly sha: string } } }).pull_request;
  scene.keepPlanFile({ 'plan-file': values.path ?? '', 'artifact-name': values.name ?? '' }, head.sha);
}
