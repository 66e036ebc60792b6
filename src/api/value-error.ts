/** A text that is no time, duration or quantity. The message is Go's, as clients see it inside other messages. */
export class ValueError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ValueError';
  }
}
