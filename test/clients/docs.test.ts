import { docSessions, outputPattern, runDocCommand } from '../support/doc-examples.js';
import { Server } from '../support/server.js';

describe.each(['docs/images.md', 'docs/stages.md', 'docs/runtimes.md', 'docs/custom-resources.md'])('%s says what happens', (page) => {
  test.each(docSessions(page).map(({ flags, commands }) => [flags.join(' '), flags, commands] as const))('with kubette serve %s', async (_title, flags, commands) => {
    expect(commands.length).toBeGreaterThan(0);
    await using server = await Server.start({ inMemory: true, flags: [...flags] });
    for (const { command, expected } of commands) {
      const text = await runDocCommand(server, command);
      expect({ command, text: outputPattern(expected).test(text) ? expected : text }).toEqual({ command, text: expected });
    }
  }, 180_000);
});
