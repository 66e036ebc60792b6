/** A container could not be started: `reason` and `message` become its waiting state. */
export class StartError extends Error {
  constructor(
    readonly reason: string,
    message: string,
    /** When to try again, in milliseconds since the epoch; the worker's usual pause when absent. */
    readonly retryAt?: number,
  ) {
    super(message);
    this.name = 'StartError';
  }
}
