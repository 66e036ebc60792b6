import { ApiError, internalError } from '../../src/api/errors.js';
import type { ApiRequest, ApiResponse, EncodedResponse, Pipeline } from '../../src/pipeline/request.js';

export type FakeHandler = (request: ApiRequest) => ApiResponse | Promise<ApiResponse>;

/** A pipeline without a cluster: tests of http/ say what it answers, it encodes as plain JSON. */
export class FakePipeline implements Pipeline {
  readonly requests: ApiRequest[] = [];

  constructor(public handler: FakeHandler) {}

  async handle(request: ApiRequest): Promise<ApiResponse> {
    this.requests.push(request);
    try {
      return await this.handler(request);
    } catch (error) {
      const apiError = error instanceof ApiError ? error : internalError(String(error));
      return { type: 'status', warnings: [], code: apiError.code, status: apiError.toStatus() };
    }
  }

  encode(_request: ApiRequest, response: Exclude<ApiResponse, { type: 'connect' }>): EncodedResponse {
    const headers = { 'content-type': 'application/json' };
    switch (response.type) {
      case 'document':
        return { code: response.code, headers: { 'content-type': response.contentType, ...response.headers }, body: [Buffer.from(response.body)] };
      case 'status':
        return { code: response.code, headers, body: [Buffer.from(JSON.stringify(response.status))] };
      case 'object':
        return { code: response.code, headers, body: [Buffer.from(JSON.stringify(response.object))] };
      case 'watch':
        return { code: 200, headers, body: watchFrames(response.events) };
      case 'list':
        throw new Error('not faked');
    }
  }
}

async function* watchFrames(events: AsyncIterable<readonly unknown[]>): AsyncIterable<Buffer> {
  for await (const batch of events) yield Buffer.from(batch.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

export const document = (body: string | Buffer, contentType = 'text/plain'): ApiResponse => ({ type: 'document', warnings: [], code: 200, contentType, body });
