/** Workflow files as a runner reads them: which job an event starts, and what its steps are given. */

import { parse } from 'yaml';

export interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string | number>>;
}

type Concurrency = { readonly group: string; readonly 'cancel-in-progress'?: boolean };

export interface Job {
  readonly if?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, 'read' | 'write'>>;
  readonly concurrency?: Concurrency;
  readonly 'timeout-minutes'?: number;
  readonly needs?: string | readonly string[];
  /** Another workflow in its place, which has limits of its own. */
  readonly uses?: string;
  readonly steps?: readonly Step[];
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, 'read' | 'write'>>;
  readonly concurrency?: Concurrency;
  readonly jobs: Readonly<Record<string, Job>>;
}

export function parseWorkflow(text: string): Workflow {
  return parse(text) as Workflow;
}

/** Step that runs tollgate. */
export function tollgateStep({ steps = [] }: Job): Step | undefined {
  return steps.find(({ uses }) => uses === './' || /^[\w-]+\/tollgate@/.test(uses ?? ''));
}

/** Of expressions, only what the workflows need: `github.event_name == 'x' || …`. */
export function jobsFor(workflow: Workflow, event: string): Job[] {
  return Object.values(workflow.jobs).filter((job) => {
    if (job.if === undefined) return true;
    return job.if.split('||').some((part) => {
      const name = /^\s*github\.event_name == '(\w+)'\s*$/.exec(part)?.[1];
      if (name === undefined) throw new Error(`an expression that this test cannot read: ${part}`);
      return name === event;
    });
  });
}

/** `${{ a.b.c }}` by its path in the context; what is not there is empty, as on a runner. */
export function evaluate(text: string | number, context: unknown): string {
  return String(text).replace(/\$\{\{ ([\w.-]+) \}\}/g, (_, path: string) => {
    const found = path
      .split('.')
      .reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name], context);
    return found === undefined ? '' : String(found);
  });
}
