const WIDTH = 760;
const ROW = 26;
const LEFT = 220;
const TOP = 64;
const MAX_RATIO = 32;

const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c);

/** Bars of how many times better kubette is, on a logarithmic axis; a mark where the goal is. */
export function chart(rows, { note }) {
  const shown = rows.filter(({ ratio }) => Number.isFinite(ratio));
  const x = (ratio) => LEFT + (Math.log2(Math.min(Math.max(ratio, 0.5), MAX_RATIO) * 2) / Math.log2(MAX_RATIO * 2)) * (WIDTH - LEFT - 130);
  const height = TOP + shown.length * ROW + 44;
  const grid = [0.5, 1, 2, 4, 8, 16, 32].map(
    (ratio) => `<line x1="${x(ratio)}" y1="${TOP - 8}" x2="${x(ratio)}" y2="${height - 40}" stroke="${ratio === 1 ? '#666' : '#ddd'}"/><text x="${x(ratio)}" y="${TOP - 14}" text-anchor="middle" fill="#666">${ratio}x</text>`,
  );
  const value = (number, unit) => `${number < 100 && unit === 'ms' ? number.toFixed(1) : Math.round(number)} ${unit}`;
  const bars = shown.map(({ label, ratio, goal, ours, theirs, unit }, i) => {
    const y = TOP + i * ROW;
    const [from, to] = [x(1), x(ratio)];
    const mark = goal === undefined ? '' : `<line x1="${x(goal)}" y1="${y}" x2="${x(goal)}" y2="${y + 18}" stroke="#c30" stroke-width="2"/>`;
    return `<text x="${LEFT - 12}" y="${y + 13}" text-anchor="end">${escape(label)}</text><rect x="${Math.min(from, to)}" y="${y + 2}" width="${Math.max(1, Math.abs(to - from))}" height="14" fill="${ratio >= 1 ? '#326ce5' : '#c9a227'}"/>${mark}<text x="${Math.max(to, from, goal ? x(goal) : 0) + 8}" y="${y + 13}" fill="#444">${ratio.toFixed(1)}x  (${value(ours, unit)}, ${value(theirs, unit)})</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="16" y="24" font-size="15" font-weight="600">kubette beside the real kube-apiserver with etcd: times as good</text>
${grid.join('\n')}
${bars.join('\n')}
<text x="16" y="${height - 14}" fill="#666">${escape(note)}</text>
</svg>
`;
}
