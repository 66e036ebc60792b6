import { badRequest, invalid } from '../../../api/errors.js';
import { forbidden, invalid as invalidField, Path, type FieldError } from '../../../api/field.js';
import type { LogOptions } from '../../../api/streams.js';
import { formatInstant, parseTime, RFC3339 } from '../../../api/time.js';
import { ValueError } from '../../../api/value-error.js';
import type { ConnectSubresource } from '../../../registry/subresource.js';
import type { KindEnvironment } from '../../environment.js';
import { NEGATIVE_TEXT } from '../../shared/simple-checks.js';
import { booleanParameter, integerParameter } from './connect-query.js';
import { chooseContainer, podOf } from './container-choice.js';
import { kubeletUnreachable, nodeConnection } from './node-connection.js';

const NOT_POSITIVE = 'must be greater than 0';

/** GET pods/NAME/log. A pod without a node has no logs, which is no error. */
export function logSubresource(environment: KindEnvironment): ConnectSubresource {
  return {
    type: 'connect',
    async connect(request) {
      const { name, namespace, query } = request;
      const asked = logOptions(query);
      const errors = logOptionErrors(asked, query.get('stream'));
      if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors);
      const pod = podOf(request, name);
      const options = { ...asked, container: chooseContainer(pod, asked.container) };
      if (!pod.spec.nodeName) return { type: 'log', options, chunks: undefined };
      const connection = nodeConnection(request, environment, pod.spec.nodeName);
      if (!connection.agent) {
        const url = `https://${connection.address}/containerLogs/${namespace}/${name}/${options.container}${options.follow ? '?follow=true' : ''}`;
        throw kubeletUnreachable(connection, `Get ${JSON.stringify(url)}`);
      }
      return { type: 'log', options, chunks: connection.agent.logs(pod, options, request.signal) };
    },
  };
}

function logOptions(query: URLSearchParams): LogOptions {
  return {
    container: query.get('container') ?? '',
    follow: booleanParameter(query, 'follow'),
    previous: booleanParameter(query, 'previous'),
    timestamps: booleanParameter(query, 'timestamps'),
    sinceSeconds: integerParameter(query, 'sinceSeconds'),
    sinceTime: timeParameter(query.get('sinceTime')),
    tailLines: integerParameter(query, 'tailLines'),
    limitBytes: integerParameter(query, 'limitBytes'),
  };
}

function timeParameter(text: string | null): string | undefined {
  if (!text) return undefined;
  try {
    return formatInstant(parseTime(text, RFC3339), false);
  } catch (error) {
    if (error instanceof ValueError) throw badRequest(error.message);
    throw error;
  }
}

/** ValidatePodLogOptions; choosing a stream is behind a gate that is off in v1.36. */
function logOptionErrors({ tailLines, limitBytes, sinceSeconds, sinceTime }: LogOptions, stream: string | null): FieldError[] {
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0) errors.push(invalidField(Path.of('tailLines'), tailLines, NEGATIVE_TEXT));
  if (limitBytes !== undefined && limitBytes < 1) errors.push(invalidField(Path.of('limitBytes'), limitBytes, NOT_POSITIVE));
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push({ ...forbidden(Path.of(), 'at most one of `sinceTime` or `sinceSeconds` may be specified'), field: '[]' });
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalidField(Path.of('sinceSeconds'), sinceSeconds, NOT_POSITIVE));
  }
  if (stream !== null) errors.push(forbidden(Path.of('stream'), 'may not be specified'));
  return errors;
}
