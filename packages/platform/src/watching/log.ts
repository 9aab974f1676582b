import { Writable } from 'node:stream';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { Observer } from './observe.js';
import { currentRequest } from './request.js';

export type { Logger } from 'pino';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ['json', 'text'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LogOptions {
  /** What is left out: all below it. Default: 'info'. */
  readonly level?: LogLevel | undefined;
  /** Lines of JSON for programs, or text for people. Default: 'json'. */
  readonly format?: LogFormat | undefined;
  /** Default: standard error. */
  readonly to?: NodeJS.WritableStream | undefined;
}

/** A log, one line an event; what is written while a request is answered carries its id. */
export function openLog({ level = 'info', format = 'json', to = process.stderr }: LogOptions = {}): Logger {
  const settings = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => {
      const notes = currentRequest();
      return notes ? { request: notes.id } : {};
    },
  };
  return pino(settings, format === 'json' ? to : forPeople(to));
}

/** Addresses that are asked every few seconds: by programs that look whether the platform lives, and by workers. */
const unimportant =
  /^\/(metrics|healthz|readyz|v2\/health\/(live|ready)|api\/jobs\/(claim|[^/]+\/attempts\/\d+\/(renew|points)))$/;

/** Writes a line for each request: faults of the server as errors, of what was asked as warnings. */
export function requestLog(log: Logger): Observer {
  return (answered) => {
    const {
      id: request,
      method,
      path,
      status,
      seconds,
      route,
      project,
      by,
      key,
      model,
      version,
      tokens,
    } = answered;
    const level =
      status >= 500 ? 'error' : status >= 400 ? 'warn' : unimportant.test(path) ? 'debug' : 'info';
    const milliseconds = Math.round(seconds * 1e5) / 100;
    log[level](
      { request, method, path, status, milliseconds, route, project, by, key, model, version, tokens },
      'request',
    );
  };
}

/** Lines of JSON made into text: the time, the level where it is not `info`, and what there is to say. */
function forPeople(to: NodeJS.WritableStream): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      to.write(`${textOf(JSON.parse(chunk.toString()) as Record<string, unknown>)}\n`);
      done();
    },
  });
}

function textOf({ level, time, msg, request: _, err, ...more }: Record<string, unknown>): string {
  const at = String(time).slice(11, 19);
  const word = level === 'info' ? '' : `${String(level)} `;
  const stack = (err as { stack?: string } | undefined)?.stack;
  const details = msg === 'request' ? requestText(more) : `${String(msg)}${pairs(more)}`;
  return `${at} ${word}${details}${stack ? `\n${stack}` : ''}`;
}

function requestText({
  method,
  path,
  status,
  milliseconds,
  route: _,
  ...more
}: Record<string, unknown>): string {
  return `${String(method)} ${String(path)} ${String(status)} in ${String(milliseconds)} ms${pairs(more)}`;
}

const pairs = (values: Record<string, unknown>): string =>
  Object.entries(values)
    .map(([name, value]) => `, ${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join('');
