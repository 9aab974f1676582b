import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestSpan } from './trace.js';

/** What is read of a request before its body: a Request is such, and Node's messages are made so. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/** What becomes known of a request while it is answered: for logs, metrics and the record of use. */
export interface RequestNotes {
  /** Names the request in logs and answers. */
  readonly id: string;
  readonly method: string;
  /** Pattern of its address, such as `/api/runs/:id`. */
  route?: string | undefined;
  project?: string | undefined;
  /** Who asks: a key or a user by name. */
  by?: string | undefined;
  /** Id of the key; undefined for people. */
  key?: string | undefined;
  /** The model that is asked; it is served. */
  model?: string | undefined;
  version?: string | undefined;
  /** Tokens read and written, of models for text. */
  tokens?: number | undefined;
  /** Where the request is traced. */
  readonly span?: RequestSpan | undefined;
}

const current = new AsyncLocalStorage<RequestNotes>();

/** Does work as part of a request: what is noted meanwhile is noted there. */
export function withinRequest<Result>(notes: RequestNotes, work: () => Result): Result {
  return current.run(notes, work);
}

/** What is known of the request that is being answered; undefined outside of one. */
export function currentRequest(): RequestNotes | undefined {
  return current.getStore();
}

/** Notes something of the request that is being answered. */
export function noteRequest(more: Partial<RequestNotes>): void {
  const notes = current.getStore();
  if (notes) Object.assign(notes, more);
}

/** Counts tokens for the request that is being answered. */
export function noteTokens(count: number): void {
  const notes = current.getStore();
  if (notes) notes.tokens = (notes.tokens ?? 0) + count;
}
