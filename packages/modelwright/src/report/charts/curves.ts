import type { LineSeriesOption } from 'echarts';
import { captionsIn, metricLabel } from '../captions.js';
import { bestEpoch, type History, metricNames, metricSeries, type Split } from '../history.js';
import { shortNumber } from '../numbers.js';
import { type ChartOptions, legend, palette, renderSvg, titleAt, valueAxis } from './svg.js';

export interface CurvesOptions extends ChartOptions {
  /** The metrics to draw, a panel each; default all, `loss` first. */
  readonly metrics?: readonly string[];
}

const panel = { width: 460, height: 330, left: 72, right: 24, top: 60, bottom: 58 } as const;
const header = 70;
const looks = {
  train: { color: palette.blue, type: 'solid', symbol: 'circle' },
  validation: { color: palette.vermillion, type: 'dashed', symbol: 'rect' },
} as const;

/**
 * The training curves as SVG: a panel for the loss and for each metric, the training and validation lines in it, and a
 * mark at the best epoch (on the validation data where there is any).
 *
 * @throws RangeError when the history has no epoch or the chosen metrics are not in it
 */
export async function curvesSvg(history: History, options: CurvesOptions = {}): Promise<string> {
  const { language = 'en', metrics = metricNames(history) } = options;
  const captions = captionsIn(language);
  const known = metricNames(history);
  const missing = metrics.find((metric) => !known.includes(metric));
  if (missing !== undefined || metrics.length === 0) {
    throw new RangeError(
      `curvesSvg: ${missing === undefined ? 'there is no metric to draw' : `no epoch has the metric '${missing}'`}. ` +
        `The history has ${history.epochs.length} epochs and these metrics: ${known.join(', ') || 'none'}.`,
    );
  }
  const columns = metrics.length === 4 ? 2 : Math.min(3, metrics.length);
  const width = columns * panel.width;
  const height = header + Math.ceil(metrics.length / columns) * panel.height;
  const epochs = history.epochs.map((record) => record.epoch);
  const left = (index: number): number => (index % columns) * panel.width;
  const top = (index: number): number => header + Math.floor(index / columns) * panel.height;
  const splits = (['train', 'validation'] as const).filter((split) =>
    history.epochs.some((record) => record[split]),
  );

  const line = (metric: string, index: number, split: Split): LineSeriesOption => {
    const look = looks[split];
    const values = metricSeries(history, metric, split);
    return {
      type: 'line',
      name: captions[split],
      xAxisIndex: index,
      yAxisIndex: index,
      color: look.color,
      symbol: look.symbol,
      symbolSize: 6,
      showSymbol: epochs.length <= 40,
      lineStyle: { width: 2, type: look.type },
      silent: true,
      data: values.flatMap((value, i) => (Number.isFinite(value) ? [[epochs[i]!, value]] : [])),
    };
  };
  const bestMark = (metric: string, index: number): LineSeriesOption[] => {
    const best = bestEpoch(history, metric);
    const value = best?.validation?.[metric] ?? best?.train[metric];
    if (best === undefined || value === undefined) return [];
    const late = epochs.indexOf(best.epoch) >= epochs.length / 2;
    return [
      {
        type: 'line',
        xAxisIndex: index,
        yAxisIndex: index,
        color: palette.green,
        symbol: 'diamond',
        symbolSize: 14,
        silent: true,
        data: [[best.epoch, value]],
        markLine: {
          silent: true,
          symbol: 'none',
          lineStyle: { color: palette.green, type: 'dotted', width: 1.5 },
          label: {
            formatter: `${captions.best}: ${captions.epoch} ${best.epoch} (${shortNumber(value)})`,
            color: palette.green,
            fontSize: 12,
            fontWeight: 'bold',
            position: 'end',
            distance: 8,
            align: late ? 'right' : 'left',
          },
          data: [{ xAxis: best.epoch }],
        },
      },
    ];
  };

  return renderSvg(
    {
      title: [
        titleAt(options.title ?? captions.trainingCurves, '50%', 8, 18),
        ...metrics.map((metric, i) =>
          titleAt(
            metricLabel(metric, language),
            left(i) + (panel.left + panel.width - panel.right) / 2,
            top(i),
            15,
          ),
        ),
      ],
      legend: {
        ...legend,
        top: 38,
        left: 'center',
        data: splits.map((split) => captions[split]),
      },
      grid: metrics.map((_, i) => ({
        left: left(i) + panel.left,
        top: top(i) + panel.top,
        width: panel.width - panel.left - panel.right,
        height: panel.height - panel.top - panel.bottom,
      })),
      xAxis: metrics.map((_, i) => ({
        ...valueAxis,
        gridIndex: i,
        name: captions.epoch,
        nameGap: 28,
        min: epochs[0]!,
        max: Math.max(epochs.at(-1)!, epochs[0]! + 1),
        minInterval: 1,
        splitLine: { show: false },
      })),
      yAxis: metrics.map((_, i) => ({ ...valueAxis, gridIndex: i, scale: true })),
      series: [
        ...metrics.flatMap((metric, i) => splits.map((split) => line(metric, i, split))),
        ...metrics.flatMap((metric, i) => bestMark(metric, i)),
      ],
    },
    width,
    height,
  );
}
