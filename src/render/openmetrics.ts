/**
 * Metrics as text: OpenMetrics 1.0, of which only what the older Prometheus text format understands as well is used (gauges alone), so
 * that scrapers and textfile collectors of either read it. Pure.
 */

import { compareText } from '../diagnostics.ts';
import { escapeInvisible } from '../printable.ts';

export interface MetricFamily {
  readonly name: string;
  /** The last word of the name; null: the number has none. */
  readonly unit: string | null;
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  /** Values may be any text. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Texts of the service may be of any length, and each is kept for as long as its series is. */
const longestLabel = 200;

/** Families without a sample are left out; of two samples with the same labels the first stays, as no scraper takes both. */
export function renderOpenMetrics(families: readonly MetricFamily[]): string {
  return `${families.map(writeFamily).join('')}# EOF\n`;
}

function writeFamily({ name, unit, help, samples }: MetricFamily): string {
  const lines = new Map<string, string>();
  for (const { labels, value } of samples) {
    const series = name + writeLabels(labels);
    if (!lines.has(series)) lines.set(series, `${series} ${writeNumber(value)}\n`);
  }
  if (lines.size === 0) return '';
  const sorted = [...lines].sort(([a], [b]) => compareText(a, b)).map(([, line]) => line);
  const units = unit === null ? '' : `# UNIT ${name} ${unit}\n`;
  return `# TYPE ${name} gauge\n${units}# HELP ${name} ${help}\n${sorted.join('')}`;
}

function writeLabels(labels: MetricSample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** What acts on a terminal is written out first: a scraper shows labels to people. */
function escapeLabel(value: string): string {
  const shown = escapeInvisible(value);
  const letters = [...shown];
  const short = letters.length > longestLabel ? `${letters.slice(0, longestLabel - 1).join('')}…` : shown;
  return short.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function writeNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
