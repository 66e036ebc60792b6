import { Quantity } from '../../api/quantity.js';
import type { CapacityRequestPolicy, CapacityRequirements, Device, DeviceCapacity } from '../../api/types/resource-v1.js';

/** Amounts by the name of a capacity. */
export type Consumed = ReadonlyMap<string, Quantity>;

/** What a request takes of a device that several share (KEP-5075); undefined where it asks for a capacity that the device does not have. */
export function consumedBy({ requests = {} }: CapacityRequirements, { capacity = {} }: Device): Map<string, Quantity> | undefined {
  if (Object.keys(requests).some((name) => !Object.hasOwn(capacity, name))) return undefined;
  return new Map(Object.entries(capacity).map(([name, own]) => [name, amountOf(Object.hasOwn(requests, name) ? Quantity.parse(requests[name] as string) : undefined, own)]));
}

/** Whether a device has that much left besides what others take of it, and gives it out in such portions. */
export function hasRoom(wanted: Consumed, { capacity = {} }: Device, others: readonly Consumed[]): boolean {
  return [...wanted].every(([name, amount]) => {
    const own = capacity[name] as DeviceCapacity;
    if (violates(amount, own.requestPolicy)) return false;
    const total = others.reduce((sum, taken) => sum.add(taken.get(name) ?? Quantity.zero), amount);
    return total.compare(Quantity.parse(own.value)) <= 0;
  });
}

function amountOf(requested: Quantity | undefined, { value, requestPolicy }: DeviceCapacity): Quantity {
  if (!requested) return Quantity.parse(requestPolicy?.default ?? value);
  const range = requestPolicy?.validRange;
  if (range) {
    const min = Quantity.parse(range.min);
    if (requested.compare(min) < 0) return min;
    if (range.step === undefined) return requested;
    const step = Quantity.parse(range.step).value();
    const above = requested.value() - min.value();
    return Quantity.of(min.value() + step * ((above + step - 1n) / step), 'BinarySI');
  }
  return requestPolicy?.validValues?.map((one) => Quantity.parse(one)).find((one) => requested.compare(one) <= 0) ?? requested;
}

function violates(amount: Quantity, policy: CapacityRequestPolicy | undefined): boolean {
  if (!policy || (policy.default !== undefined && Quantity.parse(policy.default).equals(amount))) return false;
  const { validRange, validValues = [] } = policy;
  if (!validRange) return validValues.length > 0 && !validValues.some((one) => Quantity.parse(one).equals(amount));
  if (validRange.max !== undefined && amount.compare(Quantity.parse(validRange.max)) > 0) return true;
  return validRange.step !== undefined && (amount.value() - Quantity.parse(validRange.min).value()) % Quantity.parse(validRange.step).value() !== 0n;
}
