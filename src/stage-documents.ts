import { DeclarationError } from './kubelet/declared/fields.js';
import type { StageDeclaration } from './kubelet/stages/stage.js';
import type { DocumentHandler } from './pipeline/documents.js';
import type { DocumentResponse, RequestBody } from './pipeline/request.js';
import type { Workloads } from './workloads.js';

const PATH = /^\/kubette\/v1\/stages(?:\/(.+))?$/;

function textOf(body: RequestBody): string {
  return 'bytes' in body ? body.bytes.toString() : JSON.stringify(body.object);
}

const reply = (code: number, body: string, contentType = 'text/plain; charset=utf-8'): DocumentResponse => ({ type: 'document', code, contentType, body });

/**
 * `GET /kubette/v1/stages` lists the stages, `POST` adds those of a JSON list (or replaces the ones of their names), and
 * `DELETE /kubette/v1/stages/NAME` takes one away. Needs the right to these non-resource paths.
 */
export function stageDocuments(workloads: () => Workloads | undefined): DocumentHandler {
  return async ({ method, info, body }) => {
    const match = PATH.exec(info.path);
    const stages = workloads()?.stages;
    if (!match || !stages) return undefined;
    const [, name] = match;
    if (method === 'GET' && name === undefined) return reply(200, JSON.stringify(stages.list()), 'application/json');
    if (method === 'DELETE' && name !== undefined) return stages.delete(name) ? reply(200, 'ok\n') : reply(404, `no stage ${JSON.stringify(name)}\n`);
    if (method !== 'POST' || name !== undefined) return undefined;
    try {
      const list: unknown = JSON.parse(textOf(await body()));
      if (!Array.isArray(list)) throw new DeclarationError('stages', 'must be a list');
      for (const stage of list) stages.set(stage as StageDeclaration);
      return reply(200, 'ok\n');
    } catch (error) {
      if (error instanceof DeclarationError || error instanceof SyntaxError) return reply(400, `${error.message}\n`);
      throw error;
    }
  };
}
