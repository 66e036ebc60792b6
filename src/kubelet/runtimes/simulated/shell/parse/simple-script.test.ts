import { parse } from 'just-bash';
import { parseSimpleScript } from './simple-script.js';

/** Line numbers and source texts are for messages only. */
function structure(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, part: unknown) => (key === 'line' || key === 'sourceText' ? undefined : part)));
}

describe('scripts that need no full parser', () => {
  test.each([
    'sleep 3600', 'sleep infinity', 'tail -f /dev/null', "echo Hello, Kubernetes! && sleep 3600".replace('!', ''), 'echo "The app is running!" && sleep 3600',
    'while true; do sleep 30; done', 'while true; do echo hello; sleep 10; done;', "while true\ndo\n  echo 'a b'\n  date\n  sleep 1\ndone\n", 'false || exit 1', 'a; b && c || d',
    'date; echo Hello from the Kubernetes cluster', 'echo a=b --flag=x ""', 'while sleep 1; do while true; do x; done; done',
  ])('%s is parsed as just-bash does', (script) => {
    expect(structure(parseSimpleScript(script))).toEqual(structure(parse(script)));
  });

  test.each([
    'echo $x', 'a | b', 'a & b', 'x=1', 'x=1 cmd', 'for i in 1; do a; done', 'if a; then b; fi', 'echo *', 'echo > f', '(a)', '{ a; }', 'f() { a; }', 'while a; do', 'done', 'echo `a`', 'echo a # b',
    'export A=b', '"quoted" name', 'a;;b', '', 'echo ~', 'echo {a,b}', '! a', 'echo a\\ b', 'a &&', 'while true; do :; done extra', "echo 'open",
  ])('%s is left to the full parser', (script) => {
    expect(parseSimpleScript(script)).toBeUndefined();
  });
});
