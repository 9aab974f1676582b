import type { EChartsOption } from 'echarts';
import type { Language } from '../captions.js';

/** A chart in the terms of ECharts. */
export type ChartOption = EChartsOption;

/** What every chart takes. */
export interface ChartOptions {
  /** Language of titles and labels; default `en`. */
  readonly language?: Language;
  /** Title; default says what the chart is. */
  readonly title?: string;
}

/** Okabe and Ito's palette (2008): colours that people with any common colour blindness can tell apart. */
export const palette = {
  blue: '#0072B2',
  vermillion: '#D55E00',
  green: '#009E73',
  purple: '#CC79A7',
  skyBlue: '#56B4E9',
  orange: '#E69F00',
} as const;

export const ink = { text: '#222222', faint: '#666666', axis: '#888888', grid: '#E6E6E6' } as const;

const fontFamily =
  "'Noto Sans', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'Helvetica Neue', Arial, sans-serif";

/** The style of an axis of numbers. */
export const valueAxis = {
  type: 'value',
  axisLine: { show: true, lineStyle: { color: ink.axis } },
  axisTick: { show: true },
  axisLabel: { color: ink.text, fontSize: 12 },
  splitLine: { lineStyle: { color: ink.grid } },
  nameTextStyle: { color: ink.text, fontSize: 13 },
  nameLocation: 'middle',
} as const;

/** The style of a chart's title, centred on `left`. */
export function titleAt(text: string, left: number | string, top: number, fontSize = 16) {
  return { text, left, top, textAlign: 'center', textStyle: { fontSize, color: ink.text } } as const;
}

/** The style of a line of smaller text below a title. */
export function subtitleAt(text: string, left: number | string, top: number) {
  const textStyle = { fontSize: 13, fontWeight: 'normal', color: ink.faint } as const;
  return { text, left, top, textAlign: 'center', textStyle } as const;
}

/** The style of a legend. */
export const legend = { itemWidth: 36, itemGap: 28, textStyle: { color: ink.text, fontSize: 13 } } as const;

/** Draws a chart on white, without animation, as SVG text that stands alone. */
export async function renderSvg(option: ChartOption, width: number, height: number): Promise<string> {
  const { draw } = await import('./echarts.js');
  return draw(
    { animation: false, backgroundColor: '#ffffff', textStyle: { fontFamily }, ...option },
    width,
    height,
  );
}
