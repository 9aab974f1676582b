import type { Command } from 'commander';
import { Option } from 'commander';
import type { Curve, Run, RunPage } from '../../client/client.js';
import { addConnection, apiPath, type ConnectionOptions, connect, momentText } from '../connection.js';
import { examples } from '../help.js';
import { linesOfRun, lineText } from '../logText.js';
import { wholeNumber } from '../numbers.js';
import { fields, writeNote, writeResult } from '../output.js';

/** `modelwright runs`: the trainings that a platform knows. */
export function addRuns(program: Command): void {
  const runs = program.command('runs').description('the runs that a platform keeps');
  addConnection(runs.command('list').description('list runs, the newest first'))
    .addOption(
      new Option('--status <status>', 'only those').choices([
        'running',
        'finished',
        'failed',
        'interrupted',
        'lost',
      ]),
    )
    .option('--task <task>', 'only those of a task')
    .option('--tag <tag>', 'only those with a tag')
    .option('--search <text>', 'only those with this in their name')
    .option('--metric <name>', 'sort by a metric, the best first')
    .addOption(new Option('--mode <mode>', 'which values are best').choices(['min', 'max']))
    .option('--limit <n>', 'runs on a page', wholeNumber(1, 200))
    .option('--after <place>', 'the next page: what the last one said')
    .action(list);
  addConnection(runs.command('show').description('what a run was and reached').argument('<run>', 'its id'))
    .option('--metric <name>', 'draw this metric over the steps')
    .action(show);
  addConnection(runs.command('log').description('the lines that a run wrote').argument('<run>', 'its id'))
    .option('--from <n>', 'the first line', wholeNumber(1))
    .action(log);
  runs.addHelpText(
    'after',
    examples([
      'modelwright runs list --metric validation/accuracy',
      'modelwright runs show RUN --metric loss',
    ]),
  );
}

interface ListOptions extends ConnectionOptions {
  readonly [filter: string]: string | number | boolean | undefined;
}

async function list({ server, key, json, ...filter }: ListOptions): Promise<void> {
  const client = await connect({ ...(server && { server }), ...(key && { key }) });
  const page = await client.get<RunPage>('/api/runs', filter as Record<string, string | number | undefined>);
  const { tableText } = await import('modelwright/report');
  const metric = filter.metric === undefined ? undefined : String(filter.metric);
  writeResult({ ...(json && { json }) }, page, () =>
    page.runs.length === 0
      ? 'There are no such runs.'
      : tableText([
          ['id', 'name', 'task', 'status', 'began', metric ?? 'loss'],
          ...page.runs.map((run) => [
            run.id,
            run.name,
            run.task ?? '',
            run.status,
            momentText(run.createdAt),
            bestText(run, metric ?? 'loss', filter.mode === 'min' || metric === undefined),
          ]),
        ]),
  );
  if (page.next && !json) writeNote(`There are more: --after ${page.next}`);
}

function bestText({ metrics }: Run, name: string, least: boolean): string {
  const summary = metrics[name];
  const best = least ? summary?.least : summary?.greatest;
  return best === undefined || best === null ? '' : String(Number(best.toPrecision(4)));
}

async function show(id: string, options: ConnectionOptions & { readonly metric?: string }): Promise<void> {
  const client = await connect(options);
  const run = await client.get<Run>(apiPath('runs', id));
  const curve =
    options.metric === undefined
      ? undefined
      : await client.get<Curve>(apiPath('runs', id, 'metrics', options.metric), { points: 120 });
  const { curveText, tableText } = await import('modelwright/report');
  writeResult(options, { ...run, ...(curve && { curve }) }, () => {
    const about = fields([
      ['run', run.id],
      ['name', run.name],
      ['task', run.task ?? ''],
      ['status', run.error === null ? run.status : `${run.status}: ${run.error}`],
      ['began', momentText(run.createdAt)],
      ['ended', momentText(run.endedAt)],
      ['parameters', JSON.stringify(run.parameters)],
      ['environment', JSON.stringify(run.environment)],
    ]);
    const metrics = tableText([
      ['metric', 'last', 'least', 'at step', 'greatest', 'at step', 'values'],
      ...Object.entries(run.metrics).map(
        ([name, { last, least, leastStep, greatest, greatestStep, count }]) => [
          name,
          short(last),
          short(least),
          leastStep ?? '',
          short(greatest),
          greatestStep ?? '',
          count,
        ],
      ),
    ]);
    const values = curve?.points.flatMap(([, value]) => (typeof value === 'number' ? [value] : [])) ?? [];
    const drawn =
      values.length > 1 ? `\n\n${options.metric}\n${curveText(values, { height: 8, width: 60 })}` : '';
    return `${about}\n\n${metrics}${drawn}`;
  });
}

const short = (value: number | string | null): string =>
  value === null ? '' : typeof value === 'string' ? value : String(Number(value.toPrecision(4)));

async function log(id: string, options: ConnectionOptions & { readonly from?: number }): Promise<void> {
  const client = await connect(options);
  const lines = await linesOfRun(client, id, options.from);
  writeResult(options, { lines }, () => lines.map(lineText).join('\n'));
}
