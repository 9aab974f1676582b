import type { SummaryRow } from '../nn/summarize.js';
import { captionsIn, type Language } from './captions.js';
import { groupedNumber, megabytes, prefixedNumber } from './numbers.js';
import { tableText } from './terminal/table.js';

export type { SummaryRow };

/** The sums over a model's layers. */
export interface SummaryTotals {
  readonly parameters: number;
  readonly trainable: number;
  readonly bytes: number;
  readonly flops: number;
}

/** Adds up the layers of a model. */
export function summaryTotals(rows: readonly SummaryRow[]): SummaryTotals {
  return rows.reduce(
    (totals, row) => ({
      parameters: totals.parameters + row.parameters,
      trainable: totals.trainable + (row.trainable ?? row.parameters),
      bytes: totals.bytes + (row.bytes ?? 4 * row.parameters),
      flops: totals.flops + row.flops,
    }),
    { parameters: 0, trainable: 0, bytes: 0, flops: 0 },
  );
}

/** A shape as text: `[batch, 32, 26, 26]`. */
export function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.join(', ')}]`;
}

/** The layers of a model as a table, with the totals of parameters, size and operations below it. */
export function summaryText(
  rows: readonly SummaryRow[],
  { language = 'en' }: { language?: Language } = {},
): string {
  const captions = captionsIn(language);
  const totals = summaryTotals(rows);
  const colon = language === 'zh' ? '：' : ': ';
  const table = tableText([
    [captions.layer, captions.type, captions.outputShape, captions.parameters, captions.flops],
    ...rows.map((row) => [
      row.layer,
      row.type,
      shapeText(row.outputShape),
      groupedNumber(row.parameters),
      prefixedNumber(row.flops),
    ]),
  ]);
  return [
    table,
    '',
    `${captions.parameters}${colon}${groupedNumber(totals.parameters)}`,
    `${captions.trainable}${colon}${groupedNumber(totals.trainable)}`,
    `${captions.size}${colon}${megabytes(totals.bytes)}`,
    `${captions.flops}${colon}${prefixedNumber(totals.flops)}`,
  ].join('\n');
}
