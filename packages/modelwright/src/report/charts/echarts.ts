/**
 * The one file that imports the chart library.
 *
 * Apache ECharts, because it renders SVG text without a DOM (Node and browsers alike), draws synchronously, knows the
 * widths of letters and of Chinese characters without a canvas, is alive (Apache, several releases a year), and
 * brings two small packages (tslib, zrender); the studio can draw the same options interactively. Its npm folder takes
 * 62 MB on disk, most of it ready-made bundles that nothing here loads: the modules imported below are some 5 MB
 * of source, and bundlers keep about 600 kB of them. Vega (16 MB) brings 61 packages and guesses text widths without a
 * canvas; Vega-Lite asks for Node 22; Observable Plot needs a DOM.
 *
 * Loading it takes a few hundred milliseconds, so `renderSvg` imports this file when the first chart is drawn.
 */
import { BarChart, HeatmapChart, LineChart } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  MarkPointComponent,
  TitleComponent,
  VisualMapComponent,
} from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { ChartOption } from './svg.js';

use([
  BarChart,
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  MarkPointComponent,
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
