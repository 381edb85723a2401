/** Metrics as other people's programs read them: the parser of Prometheus' client for Python, and promtool. */

import { spawnSync } from 'node:child_process';

const script = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus
text = sys.stdin.buffer.read().decode('utf-8')
families = [[f.name, f.type, f.unit, [[s.labels, s.value] for s in f.samples]] for f in openmetrics(text)]
older = [[f.name, f.type, '', [[s.labels, s.value] for s in f.samples]] for f in prometheus(text)]
json.dump([families, older], sys.stdout)
`;

/** Debian's package `python3-prometheus-client` is for Debian's Python. */
const pythons = [process.env.TOLLGATE_PYTHON, 'python3', '/usr/bin/python3'].filter((name) => name !== undefined);
const python = pythons.find(
  (name) => spawnSync(name, ['-c', 'import prometheus_client.openmetrics.parser']).status === 0,
);

const promtool = [process.env.PROMTOOL, 'promtool']
  .filter((name) => name !== undefined)
  .find((name) => spawnSync(name, ['--version']).status === 0);

export const hasParser = python !== undefined;
export const hasPromtool = promtool !== undefined;

/** For the names of what is skipped. */
export const byParser = hasParser
  ? "by Prometheus' parser"
  : "by Prometheus' parser (skipped: no prometheus_client for Python here; TOLLGATE_PYTHON names one)";
export const byPromtool = hasPromtool ? 'by promtool' : 'by promtool (skipped: there is none here; PROMTOOL names one)';

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

type Row = readonly [string, string, string, readonly (readonly [Record<string, string>, number])[]];

/** As OpenMetrics, and as the older text format. @throws where either is refused */
export function parseMetrics(text: string): { readonly families: ParsedFamily[]; readonly older: ParsedFamily[] } {
  const ran = spawnSync(python ?? '', ['-c', script], { input: text, encoding: 'utf8', maxBuffer: 1e9 });
  if (ran.status !== 0) throw new Error(`refused:\n${ran.stderr}`);
  const [families = [], older = []] = (JSON.parse(ran.stdout) as readonly Row[][]).map((rows) =>
    rows.map(([name, type, unit, samples]) => ({
      name,
      type,
      unit,
      samples: samples.map(([labels, value]) => ({ labels, value })),
    })),
  );
  return { families, older };
}

/** What promtool objects to; empty: nothing. */
export function lintMetrics(text: string): string {
  const ran = spawnSync(promtool ?? '', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  return ran.status === 0 ? ran.stderr : `${ran.status}: ${ran.stderr}${ran.stdout}`;
}
