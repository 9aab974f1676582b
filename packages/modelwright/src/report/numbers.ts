/** A measured value, short: 0.1234, 12.35, 1235; 1.2e-7 where that would hide it. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2).replace(/\.?0+e/, 'e');
  if (size < 10) return value.toFixed(4);
  return size < 1000 ? value.toFixed(2) : Math.round(value).toString();
}

/** A count with thousands separators: 1,234,567. */
export function groupedNumber(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A count with a decimal prefix, in three digits: 950, 1.23k, 45.6M, 7.89G. */
export function prefixedNumber(value: number): string {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P'];
  let power = 0;
  while (Number(value.toPrecision(3)) >= 1000 && power < prefixes.length - 1) {
    value /= 1000;
    power++;
  }
  return `${Number(value.toPrecision(3))}${prefixes[power]}`;
}

/** Bytes as megabytes (10^6 bytes), in three digits: 1.23 MB. */
export function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toPrecision(3))} MB`;
}

/** A duration: 0:07, 12:34, 1:02:03 (hours only where there are any). */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  const rest = twoDigits(whole % 60);
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${rest}`;
}
