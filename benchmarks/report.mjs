// Results as Markdown, for the terminal and for RESULTS.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const begin = '<!-- results: written by benchmarks/run.mjs --write -->';
const end = '<!-- end of results -->';

function table(cells) {
  const widths = cells[0].map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}

const number = (value) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** Peer's time over ours, and its smallest and largest value among the rounds. */
export function ratio(peer, ours) {
  const rounds = peer.roundMedians.flatMap((time, i) =>
    ours.roundMedians[i] === undefined ? [] : [time / ours.roundMedians[i]],
  );
  return {
    ratio: peer.medianMilliseconds / ours.medianMilliseconds,
    lowest: Math.min(...rounds),
    highest: Math.max(...rounds),
  };
}

function timeCell(result, ours) {
  if (result.skip) return '';
  const time = number(result.medianMilliseconds);
  if (!ours || ours.skip || result === ours) return time;
  const { ratio: middle, lowest, highest } = ratio(result, ours);
  return `${time} (${number(middle)}x; ${number(lowest)}-${number(highest)})`;
}

/** The report's tables: step times with ratios, first steps, memory, and what was skipped and why. */
export function toMarkdown({ machine, contestants, rows }) {
  const [first] = contestants;
  const grid = (corner, cell) =>
    table([
      [corner, ...contestants.map(({ title }) => title)],
      ...rows.map(({ title, results }) => [
        title,
        ...contestants.map(({ name }) => cell(results[name], results[first.name])),
      ]),
    ]);
  const unless = (show) => (result) => (result.skip ? '' : show(result));
  const versions = contestants.map(({ name, title }) => {
    const run = rows.map(({ results }) => results[name]).find(({ version }) => version);
    return run
      ? `${title} ${run.version}, ${run.threads} thread${run.threads === 1 ? '' : 's'}`
      : `${title}: not run`;
  });
  const skips = new Map();
  for (const { title, results } of rows) {
    for (const contestant of contestants) {
      const { skip } = results[contestant.name];
      if (!skip) continue;
      const reason = `${contestant.title}: ${skip.trim().split('\n').at(-1)}`;
      skips.set(reason, [...(skips.get(reason) ?? []), title]);
    }
  }
  const skipped = [...skips].map(
    ([reason, titles]) => `- ${reason} (${titles.length === rows.length ? 'all rows' : titles.join('; ')})`,
  );
  const parts = [
    `${machine.date}, \`${machine.command}\`\n\n${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ` +
      `${machine.system}, Node ${machine.node}; load before: ${machine.load}.\n\n${versions.join('; ')}.`,
    `Milliseconds a step, the median; in brackets the time over that of ${first.title} (above 1: that one is faster), ` +
      'and the lowest and highest such ratio among the rounds.',
    grid('milliseconds', timeCell),
    'Seconds from nothing to the end of the first step (building, tracing, compiling):',
    grid(
      'seconds',
      unless(({ compileSeconds }) => number(compileSeconds)),
    ),
    'Peak memory of the process (maximum resident set), MB:',
    grid(
      'MB',
      unless(({ peakMemoryBytes }) => number(peakMemoryBytes / 1e6)),
    ),
    ...(skipped.length ? [`Not run:\n\n${skipped.join('\n')}`] : []),
  ];
  return parts.join('\n\n');
}

/** Replaces the part of `file` between the markers, or adds it at the end. */
export function writeSection(file, markdown) {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : '# Benchmark results\n\n';
  const from = old.indexOf(begin);
  const to = old.indexOf(end);
  const [before, after] = from < 0 ? [old, '\n'] : [old.slice(0, from), old.slice(to + end.length)];
  writeFileSync(file, `${before}${begin}\n\n${markdown}\n\n${end}${after}`);
}
