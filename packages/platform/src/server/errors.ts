import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { LimitError } from 'modelwright/runtime';
import { InvalidInputError } from 'modelwright/saved';
import { InputError, NotFoundError, StateError } from '../errors.js';

/** What programs may want to know of a fault. */
export interface FaultDetails {
  /** The field that is wrong. */
  readonly param?: string;
  /** What is wrong, as a word. */
  readonly code?: string;
}

/** A request that cannot be served, with the HTTP status and the reason to answer. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: FaultDetails;

  constructor(
    status: ContentfulStatusCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    details: FaultDetails = {},
  ) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.details = details;
  }
}

/** A fault in what a client sent. */
export function badRequest(message: string): ServiceError {
  return new ServiceError(400, message);
}

/** A value of JSON, for messages: the beginning of a long one. */
export function quoted(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return JSON.stringify(value).slice(0, 80);
}

/** What to answer to an error of any kind. */
export function toServiceError(error: Error, client: { readonly aborted: boolean }): ServiceError {
  if (error instanceof ServiceError) return error;
  if (error instanceof InvalidInputError || error instanceof InputError)
    return new ServiceError(400, error.message);
  if (error instanceof LimitError)
    return new ServiceError(error.limit === 'memory' ? 413 : 504, error.message);
  if (error instanceof NotFoundError) return new ServiceError(404, error.message);
  if (error instanceof StateError) return new ServiceError(409, error.message);
  if (error instanceof HTTPException) return new ServiceError(error.status, error.message);
  if (isFull(error)) return new ServiceError(507, 'The disk of the server is full.');
  if (client.aborted || isCutOff(error)) return new ServiceError(400, 'The request was cut off.');
  return new ServiceError(500, 'The server failed to answer; its log says why.');
}

/** Whether a disk was full: of files, or (53100) the database's. */
function isFull(error: Error & { code?: string }): boolean {
  if (error.code === 'ENOSPC' || error.code === '53100') return true;
  return error.cause instanceof Error && isFull(error.cause);
}

function isCutOff(error: Error & { code?: string }): boolean {
  return error.code === 'ECONNRESET' || error.name === 'AbortError' || error.message === 'aborted';
}
