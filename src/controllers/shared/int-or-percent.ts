/** A number, or a percentage of `total` rounded up or down (intstr.GetScaledValueFromIntOrPercent). Absent is 0. */
export function scaledValue(value: number | string | undefined, total: number, round: 'up' | 'down'): number {
  if (value === undefined || typeof value === 'number') return value ?? 0;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  if (percent === undefined) return 0;
  const exact = (Number(percent) * total) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
