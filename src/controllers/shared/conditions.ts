/** The part that all conditions of workloads share. */
export interface StatusCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
}

export function findCondition<C extends StatusCondition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function withoutCondition<C extends StatusCondition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

/** The condition at the end in place of the one of its type, which stays when status and reason are the same. */
export function withCondition<C extends StatusCondition>(conditions: readonly C[] | undefined, condition: C): C[] {
  const old = findCondition(conditions, condition.type);
  if (old && old.status === condition.status && old.reason === condition.reason) return [...(conditions as readonly C[])];
  return [...withoutCondition(conditions, condition.type), condition];
}
