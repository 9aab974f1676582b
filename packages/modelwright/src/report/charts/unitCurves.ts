import type { LineSeriesOption } from 'echarts';
import { type ChartOptions, legend, palette, renderSvg, titleAt, valueAxis } from './svg.js';

/** A line of points whose two coordinates are shares, 0 .. 1. */
export interface UnitCurve {
  /** What the legend says. */
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface UnitCurvesOptions extends ChartOptions {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  /** Drawn below the curves, such as what chance would give. */
  readonly ground?: readonly LineSeriesOption[];
}

const dashes = ['solid', 'dashed', 'dotted'] as const;

/** Lines in the unit square as SVG, a legend below. Beyond six curves the colours repeat with other dashes. */
export function unitCurvesSvg(
  curves: readonly UnitCurve[],
  { title, xName, yName, ground = [] }: UnitCurvesOptions,
): Promise<string> {
  const colors = Object.values(palette);
  const axis = { ...valueAxis, min: 0, max: 1, interval: 0.2 } as const;
  const lines = curves.map(
    ({ name, points }, i): LineSeriesOption => ({
      name,
      type: 'line',
      color: colors[i % colors.length]!,
      symbol: 'none',
      lineStyle: { width: 2, type: dashes[Math.floor(i / colors.length) % dashes.length]! },
      data: points.map((point) => [...point]),
    }),
  );
  const entries = [...lines, ...ground].map(({ name }) => String(name));
  return renderSvg(
    {
      title: titleAt(title, 290, 12, 18),
      legend: { ...legend, itemGap: 8, orient: 'vertical', left: 80, top: 530, data: entries },
      grid: { left: 80, top: 48, width: 420, height: 420 },
      xAxis: { ...axis, name: xName, nameGap: 30 },
      yAxis: { ...axis, name: yName, nameGap: 40 },
      series: [...ground, ...lines],
    },
    540,
    540 + 22 * entries.length,
  );
}
