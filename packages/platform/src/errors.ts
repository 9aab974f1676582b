// What can be wrong with what is asked of the platform; each kind has its HTTP status.

/** What was asked for is not there. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

/** What was asked for does not fit the state that things are in. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** What was given cannot be used. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
