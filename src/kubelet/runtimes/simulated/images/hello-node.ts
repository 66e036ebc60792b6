import type { ImageProgram } from '../program.js';
import { serveHttp } from './http-server.js';

const PORT = 8080;

/** The image of Kubernetes' "Hello Minikube" tutorial: a Node.js server that greets on every path and logs what it serves. */
export function helloNodeProgram(): ImageProgram {
  return {
    commands: ['node'],
    config: { cmd: ['/bin/sh', '-c', 'node server.js'], env: { NODE_VERSION: '20.19.5' }, exposedPorts: [PORT] },
    files: {
      '/server.js': "const http = require('http');\n\nconst handleRequest = (request, response) => {\n  console.log('Received request for URL: ' + request.url);\n"
        + "  response.writeHead(200);\n  response.end('Hello World!\\n');\n};\n\nhttp.createServer(handleRequest).listen(8080);\n",
    },
    run: (process) => {
      // The server is what PID 1 shows: the shell of the image's CMD replaces itself.
      process.pids.exec(process.process.pid, ['node', 'server.js']);
      return serveHttp(process, PORT, (request, response) => {
        process.stdout.write(`Received request for URL: ${request.url ?? '/'}\n`);
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.end('Hello World!\n');
      }, { SIGTERM: 143, SIGINT: 130 });
    },
  };
}
