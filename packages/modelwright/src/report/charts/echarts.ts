/**
 * The one file that imports the chart library.
 *
 * Apache ECharts, because it renders SVG text without a DOM (Node and browsers alike), knows the widths of letters and
 * of Chinese characters without a canvas, is alive (6.1 in May 2026) and brings two small packages (tslib, zrender). Its
 * npm folder takes 62 MB on disk, most of it ready-made bundles that nothing here loads; the parts used below bundle to
 * 570 kB minified. Of the others, Vega takes 16 MB and brings some 60 packages, Vega-Lite asks for Node 22, and
 * Observable Plot needs a DOM.
 *
 * Loading it takes a few hundred milliseconds, so `renderSvg` imports this file when the first chart is drawn.
 */
import { HeatmapChart, LineChart } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  VisualMapComponent,
} from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { ChartOption } from './svg.js';

use([
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  SVGRenderer,
  TitleComponent,
  VisualMapComponent,
]);

/** The chart as SVG text of `width` by `height` pixels. */
export function draw(option: ChartOption, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose(); // its timer would keep the process alive
  }
}
